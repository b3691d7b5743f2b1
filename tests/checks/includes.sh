#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Folders are floors: an include points to a lower floor or to the same folder, and an outside
# library is included on the one floor that owns it.
. "$top_srcdir/tests/lib/tap.sh"

# floor: the floors it may include beside itself. Only backup includes what changes a host: a
# resource type can compute a change, but has no means to make one.
cat >"$scratch/table" <<'END'
base:
model: base
text: model base
look: model text base
change: look text model base
output: change look text model base
backup: change look model text base
recipe: model text base
resource: look model text base
engine: recipe resource backup look model text base
report: text model base
cli: engine report recipe resource backup output look text model base
END

# header of an outside library: the floors that may include it
cat >"$scratch/libraries" <<'END'
yaml.h: text
jansson.h: text
augeas.h: text
jq.h: text
jv.h: text
archive.h: text
archive_entry.h: text
openssl/: text
curl/: look change
libaudit.h: look change
END

cd "$top_srcdir" || exit 99
find harden backup -name '*.[ch]' -exec grep -Hn '^[[:space:]]*#[[:space:]]*include' {} + >"$scratch/includes"

wrong_includes() {
	awk -v table="$scratch/table" -v libraries="$scratch/libraries" '
	function floor(path) {
		if (path ~ /^backup\//) return "backup"
		if (path ~ /^harden\/host\/change_/) return "change"
		if (path ~ /^harden\/host\/output/) return "output"
		if (path ~ /^harden\/host\//) return "look"
		if (path ~ /^harden\//) { split(path, part, "/"); return part[2] }
		return ""
	}
	BEGIN {
		while ((getline line < table) > 0) {
			n = split(line, word, /[: ]+/)
			known[word[1]] = 1
			for (i = 1; i <= n; i++) may[word[1], word[i]] = 1
		}
		while ((getline line < libraries) > 0) {
			n = split(line, word, /: | /)
			library[word[1]] = 1
			for (i = 2; i <= n; i++) owns[word[1], word[i]] = 1
		}
	}
	{
		split($0, place, ":")
		from = floor(place[1])
		what = $0
		sub(/^[^"<]*["<]/, "", what)
		sub(/[">].*/, "", what)
		where = place[1] ":" place[2] ": "
		if (!(from in known)) { print where "is on no floor"; next }
		if ($0 ~ /include[[:space:]]*</) {
			for (name in library)
				if (index(what, name) == 1 && !((name, from) in owns))
					print where "<" what "> has no place on floor " from
			next
		}
		if (what == "config.h") next
		to = floor(what)
		if (to == "") print where "\"" what "\" does not name a file from the top folder"
		else if (!((from, to) in may)) print where "floor " from " may not include floor " to ": " what
	}' "$scratch/includes"
}

wrong_includes >"$scratch/wrong"
ok "there are includes to look at" test -s "$scratch/includes"
is "every include points downwards" "$(cat "$scratch/wrong")" ""
finish
