// SPDX-License-Identifier: Apache-2.0
/*
 * Staging files for the resource type `daemon`.
 */
#pragma once

#include "harden/host/look_file.h"

/*
 * Stages content for path; a new file becomes root:root 0644, an old one keeps owner and mode.
 * Missing directories on the way are staged as root:root 0755.
 */
int daemon_stage_content(struct host *host, const char *path, struct blob *content,
			 struct stage_how how, struct error *err);
