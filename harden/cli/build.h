// SPDX-License-Identifier: Apache-2.0
/*
 * --dockerfile FILE: a Dockerfile is the root of what may be looked at and changed, by way of the
 * directory it lies in.
 */
#pragma once

#include "harden/cli/options.h"

/*
 * With --dockerfile: sets root to the file's directory, build_path to its name in there (links of
 * the path are followed once, here) and, unless it was given, state_dir to one of the user's own:
 * $XDG_STATE_HOME/harden/dockerfile/NAME-DIGEST, $HOME/.local/state without that variable; DIGEST
 * tells files of one name apart. Without --dockerfile it only refuses --context.
 * Errors: USAGE (what does not go together, no home), SYS (no such directory).
 */
int build_place(struct options *options, struct error *err);
