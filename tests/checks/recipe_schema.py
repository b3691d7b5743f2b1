#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The JSON Schemas that the build makes, checked with a validator that is not ours.

They are valid schemas themselves; they accept the recipes that ship and the good test files, read
the way harden does (every scalar a text) and the way an editor does (scalars resolved); and they
refuse what is wrong about keys and kinds. Writes TAP.
"""
import copy
import json
import os
import re
import sys

import jsonschema
import yaml

TOP = os.environ.get("top_srcdir", ".")
BUILD = os.environ.get("top_builddir", ".")

# Files of tests/data/recipe/bad that are wrong in a way a schema can see. The others are about
# order, names and dates, which are harden's own business.
BAD_RECIPES = """
bad-bool bad-choice bad-consent bad-control-type bad-id bad-level bad-mode
bad-template-name control-not-a-map controls-is-map empty-controls empty-ensure ensure-is-map
ensure-nothing entry-consent entry-not-a-map missing-control-key missing-document-key missing-id
missing-type-key no-type not-a-map path-is-map relative-path
relative-path-in-list title-is-list two-types type-not-a-map unknown-control-key
unknown-document-key unknown-key-far unknown-type unknown-type-far unknown-type-key var-bad-name
var-missing-keys var-not-a-map var-unknown-type vars-is-list
""".split()
BAD_SITES = """
accept-not-bool attest-missing bad-level control-empty control-not-a-map controls-list not-a-map
unknown-control-key unknown-key vars-empty waive-date-short waive-date-words waive-empty
waive-no-date waive-only-map waive-text waive-unknown-key
""".split()

cases = 0
failed = 0


def report(good, name, why=""):
    global cases, failed
    cases += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {cases} - {name}")
    if not good and why:
        print("# " + str(why).replace("\n", "\n# "))


class EditorLoader(yaml.SafeLoader):
    """Resolves scalars as editors do, by YAML 1.2: no dates, and only true and false are boolean."""


EditorLoader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers
            if not tag.endswith((":timestamp", ":bool"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
EditorLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), "tf")


def text_keys(value):
    """JSON has only texts as keys of objects."""
    if isinstance(value, dict):
        return {str(key): text_keys(child) for key, child in value.items()}
    if isinstance(value, list):
        return [text_keys(child) for child in value]
    return value


def read(path, loader):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return text_keys(yaml.load(file, loader))


def load_schema(name):
    with open(os.path.join(BUILD, "recipes", name), encoding="utf-8") as file:
        schema = json.load(file)
    validator = jsonschema.validators.validator_for(schema, default=None)
    report(validator is jsonschema.Draft202012Validator, f"{name} names its draft")
    try:
        validator.check_schema(schema)
        report(True, f"{name} is a schema")
    except jsonschema.SchemaError as error:
        report(False, f"{name} is a schema", error)
    return validator(schema)


def accepts(validator, path):
    for loader in (yaml.BaseLoader, EditorLoader):
        error = next(validator.iter_errors(read(path, loader)), None)
        report(error is None, f"accepts {path} ({loader.__name__})", error)


def refuses(validator, path):
    try:
        document = read(path, yaml.BaseLoader)
    except yaml.YAMLError as error:
        report(False, f"{path} is YAML", error)
        return
    report(not validator.is_valid(document), f"refuses {path}")


def every_map(value, path=()):
    """The path of each map that a table describes: the free ones are left out."""
    free = ("default", "aliases", "when", "unless", "opts", "equals", "fix", "set")
    if isinstance(value, dict):
        yield path
        for key, child in value.items():
            if key not in free:
                yield from every_map(child, path + (key,))
    elif isinstance(value, list):
        for i, child in enumerate(value):
            yield from every_map(child, path + (i,))


def with_unknown_key(document, path):
    changed = copy.deepcopy(document)
    place = changed
    for step in path:
        place = place[step]
    place["no-such-key"] = "x"
    return changed


def refuses_unknown_keys(validator, path):
    """An unknown key is refused in every map of a document but in the map of vars."""
    document = read(path, yaml.BaseLoader)
    wrong = [where for where in every_map(document) if where not in (("vars",), ("controls",))
             and validator.is_valid(with_unknown_key(document, where))]
    report(not wrong, f"refuses an unknown key anywhere in {path}", wrong[:3])


def main():
    recipes = load_schema("recipe.schema.json")
    for name in ("cis-docker-1.6.0", "linux-base"):
        accepts(recipes, f"recipes/{name}.yaml")
        refuses_unknown_keys(recipes, f"recipes/{name}.yaml")
    accepts(recipes, "tests/data/recipe/good/small.yaml")
    for name in BAD_RECIPES:
        refuses(recipes, f"tests/data/recipe/bad/{name}.yaml")
    sites = load_schema("site.schema.json")
    accepts(sites, "tests/data/site/good/everything.yaml")
    for name in BAD_SITES:
        refuses(sites, f"tests/data/site/bad/{name}.yaml")
    print(f"1..{cases}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
