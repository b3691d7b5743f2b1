// SPDX-License-Identifier: Apache-2.0
/*
 * Questions about the engine's objects: jq expressions, and the answers to them. A question is about
 * each object of a kind, or about what is gathered from several kinds.
 *
 * Calling order: questions_open() once for a host, question_add() for every question that will be
 * asked, then question_answer() for each. The first answer makes one pass over the engine's
 * objects for all questions that were added: an object is fetched once, judged by everything that
 * wants its kind, and forgotten, so memory grows with what is found and not with what is there. A
 * question added later makes a pass of its own. Answers stay for the life of the host.
 *
 * What expressions see, and the members that are added below .Harden: harden-recipe(5).
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/model/value.h"

struct host;
struct engine_fetch;
struct engine_object;
struct object_facts;

/* Extra members of an object: bits of question.also, and of extra_names below. */
enum {
	ALSO_HISTORY = 1 << 0, /* image: its history */
	ALSO_TOP = 1 << 1,     /* container: its processes, as the engine lists them */
	ALSO_CHANGES = 1 << 2, /* container: what it changed in its root */
	ALSO_SOURCES = 1 << 3, /* container: where the sources of its mounts lead */
	ALSO_PROCESS = 1 << 4, /* container: /proc/PID/status of its first process */
	ALSO_STORED = 1 << 5,  /* container: config.v2.json */
	ALSO_CONTENT = 1 << 6, /* image: what its layers hold */
};
extern const char *const also_names[]; /* by bit, NULL-ended: the words of a recipe */

#define GATHER_MAX 4

/*
 * What an answer found about one object. There may be thousands of objects, each with a dozen
 * findings that differ in little: what is the same is shared.
 */
struct question_finding {
	enum finding_kind { FINDING_VIOLATION, FINDING_REVIEW, FINDING_ERROR } kind;
	bool allowed; /* by an allowlist */
	struct blob *resource, *message;
	char *next;	      /* what a person does, NULL: not said */
	struct value *actual; /* what `evidence` gave; may be NULL */
	/* of a finding that is about the object itself, if the question keeps something: */
	struct blob *id, *name; /* the object's */
	struct value *kept;	/* a map of those paths that it has */
};

/* Objects whose `evidence` is the same. */
struct question_seen {
	struct value *value;
	struct strv names; /* the first SEEN_NAMES of them */
	size_t count;
};

#define SEEN_NAMES 6
#define SEEN_MAX 12 /* different values that are kept; the rest is counted */

struct question_result {
	struct error problem;	  /* code not NONE: nothing could be looked at, and why */
	bool not_applicable;	  /* `when` does not hold for this engine */
	size_t objects, selected; /* how many there are, and how many `select` chose */
	struct question_finding *findings;
	size_t len, cap;
	struct question_seen *seen;
	size_t seen_len, seen_cap;
	size_t not_shown; /* objects beyond SEEN_MAX */
};

struct allowlist {
	struct strv names, images, labels, services; /* patterns as of fnmatch(3) */
};

/* One question: filled by the resource type, then only read. Shared by reference count. */
struct question {
	unsigned refs;
	char *identity;	     /* the same text: the same question */
	char *file;	     /* the recipe, for messages about expressions */
	struct value *entry; /* as the recipe has it, with places */
	char *each;	     /* a kind, "daemon" or NULL: gather */
	struct {
		char *kind, *text;
	} gather[GATHER_MAX];				     /* up to the first without a kind */
	char *select, *when, *violation, *review, *evidence; /* jq; each may be NULL */
	struct value *with;				     /* a map or NULL */
	unsigned also;
	struct allowlist allow;
	struct strv keep; /* dotted paths of an object whose exact values a fix needs */

	bool added, answered;
	struct question_result result;
};

struct question *question_ref(struct question *question);
void question_free(struct question *question); /* drops one reference */
DEFINE_AUTO_PTR(question)

/* The names that expressions see beside `.`, for queries_check(); NULL-ended. */
extern const char *const question_names[];
/* The kinds that `each` may name: those of the engine and "daemon"; NULL-ended. */
extern const char *const question_kinds[];

typedef int object_judge(void *cookie, const struct engine_object *object, struct error *err);

/* Where objects come from; tests bring their own. All calls as in look_engine.h. */
struct object_source {
	int (*get)(void *cookie, const char *path, struct blob **ret_body, struct error *err);
	int (*fetch)(void *cookie, const struct engine_fetch *fetch, object_judge *judge,
		     void *judge_cookie, struct error *err);
	/*
	 * What lies on this host itself, for its own engine; NULL: the objects are another
	 * machine's. container() adds the members of also (ALSO_SOURCES and above) to harden,
	 * daemon() makes $daemon. root_dir: the engine's DockerRootDir.
	 */
	int (*container)(void *cookie, const char *id, const char *root_dir, unsigned also,
			 const struct object_facts *facts, struct value *harden, struct error *err);
	int (*daemon)(void *cookie, const char *root_dir, struct value **ret, struct error *err);
	/* What is in an image (look_image.h); NULL: nobody can tell. */
	int (*content)(void *cookie, const char *id, const char *root_dir,
		       const struct object_facts *facts, struct value **ret, struct error *err);
	/* The Dockerfile that is looked at instead of an engine's objects; NULL: there is none. */
	int (*build)(void *cookie, const char **ret_name, struct value **ret, struct error *err);
	const char *unchangeable; /* why its objects are not changed from here; NULL: they may be */
	void (*free)(void *cookie); /* may be NULL */
	void *cookie;
};

struct engine_access {
	const char *url; /* NULL: this host's own engine */
	bool tls;	 /* as in struct engine_address */
	const char *cert_path;
	bool content; /* images are looked into, which takes its time; a plan does not */
	const char
		*image; /* only this one, by its name or in a file (image_is_file()); NULL: all */
	const struct object_source *source; /* instead of a URL; copied */
	struct blob *library;		    /* jq definitions; NULL: none */
};

/* Remembers how to ask; nothing is opened yet. access is copied. */
int questions_open(struct host *host, const struct engine_access *access, struct error *err);
/* Opens the source now, not with the first answer. Errors: why it cannot be opened. */
int questions_begin(struct host *host, struct error *err);
/* Whether questions can be asked at all. */
bool questions_are_open(const struct host *host);
/* *question becomes the one that is asked already if there is one of the same identity. */
int question_add(struct host *host, struct question **question, struct error *err);
/*
 * Makes the pass if question is not answered; then question->result holds. What the engine or an
 * expression did wrong is part of the answer. Errors: RECIPE (an expression does not compile),
 * NOMEM, INTERNAL.
 */
int question_answer(struct host *host, struct question *question, struct error *err);
/* Lets go of all answers: what was looked at is another now. No result may be in use. */
void questions_forget(struct host *host);
/*
 * One answer of the same engine, for who has to have an object whole. 0, ENGINE_GONE, or -1: REMOTE
 * (with what to do when no engine answers at all), FORMAT, NOMEM.
 */
int question_object(struct host *host, const char *path, struct value **ret_object,
		    struct error *err);
/* Why objects of the engine are not changed from here; NULL: they may be. After an answer only. */
const char *questions_unchangeable(const struct host *host);
struct questions; /* host->questions */
void questions_free(struct questions *questions);
