// SPDX-License-Identifier: Apache-2.0
/*
 * The program. Before anything is parsed the process is made plain: a short environment, umask
 * 077, and descriptors 0-2 open, so that no file we open can become standard output.
 */
#include "config.h"

#include "harden/cli/cli.h"

int main(int argc, char **argv)
{
	if (cli_plain_process() < 0)
		return 1;
	return cli_run(argc, argv);
}
