// SPDX-License-Identifier: Apache-2.0
/*
 * What an audit says of a control: status, evidence, findings, notes. A resource's judge() fills a
 * judgement; the engine combines the judgements of a control's resources into its verdict.
 */
#pragma once

#include "harden/model/control.h"
#include "harden/model/value.h"

/*
 * Ordered so that the weightiest of several resources wins: a violation that was seen stays a
 * violation when something else could not be looked at.
 */
enum status {
	STATUS_NOT_APPLICABLE,
	STATUS_PASS,
	STATUS_MANUAL,
	STATUS_ERROR,
	STATUS_FAIL,
	STATUS_WAIVED,	 /* set by the engine only */
	STATUS_ATTESTED, /* set by the engine only */
	STATUS_COUNT,
};

enum part { PART_WRITTEN, PART_RUNNING, PART_LOADED };

struct finding {
	char *resource;
	enum part part;
	char *message;
	struct value *expected, *actual; /* may be NULL: printed as null */
};

struct evidence {
	char *source; /* "/etc/docker/daemon.json:3", "/etc/passwd", "docker.service ExecStart" */
	struct value *value;
};

struct judgement {
	enum status status;
	struct finding *findings;
	size_t findings_len, findings_cap;
	struct evidence *evidence;
	size_t evidence_len, evidence_cap;
	struct strv notes;
	bool fixable; /* apply can mend it, perhaps after consent */
	bool running; /* the running part was looked at too, on a live host */
};

/* Adds a finding and raises the status to fail. Takes expected and actual in every case. */
int judgement_find(struct judgement *j, const char *resource, enum part part,
		   struct value *expected, struct value *actual, struct error *err,
		   const char *format, ...) __attribute__((format(printf, 7, 8)));
/* Takes value in every case; NULL value is out of memory. */
int judgement_evidence(struct judgement *j, struct value *value, struct error *err,
		       const char *source_format, ...) __attribute__((format(printf, 4, 5)));
int judgement_note(struct judgement *j, struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Raises the status to at least this one; never lowers it. */
void judgement_raise(struct judgement *j, enum status status);
/* Moves everything of from into j (worst status wins). */
int judgement_merge(struct judgement *j, struct judgement *from, struct error *err);
void judgement_done(struct judgement *j);

const char *status_name(enum status status); /* "pass", "not_applicable", ... */
const char *part_name(enum part part);	     /* "written", "running", "loaded" */
