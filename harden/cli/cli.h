// SPDX-License-Identifier: Apache-2.0
/*
 * The command line as functions, so that tests run whole commands in a process of their own.
 */
#pragma once

/* Clears the environment but for a short list, sets umask 077, closes stray descriptors. */
int cli_plain_process(void);
/* Parses and runs one command; returns its exit code. */
int cli_run(int argc, char **argv);
