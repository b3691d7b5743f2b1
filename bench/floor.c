// SPDX-License-Identifier: Apache-2.0
/*
 * floor LIST: the least that looking at a host can cost. Does what LIST says, one line each, in plain
 * system calls and with nothing judged or printed but a sum:
 *	file PATH	open, fstat, read to the end; parse it with jansson if it ends in .json
 *	stat PATH	open with O_PATH, fstat
 *	list PATH	open the directory and read its names
 * bench/run.sh makes LIST from a trace of harden, so both touch the same files.
 */
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char bytes[4 << 20];

static size_t read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t len = 0, path_len = strlen(path);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	while (len < sizeof(bytes) && (n = read(fd, bytes + len, sizeof(bytes) - len)) > 0)
		len += (size_t)n;
	close(fd);
	if (path_len > 5 && strcmp(path + path_len - 5, ".json") == 0) {
		json_t *json = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);

		len += json_object_size(json);
		json_decref(json);
	}
	return len;
}

static size_t stat_file(const char *path)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st = {0};

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	close(fd);
	return st.st_mode;
}

static size_t list_directory(const char *path)
{
	DIR *dir = opendir(path);
	size_t n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	FILE *list = argc == 2 ? fopen(argv[1], "re") : NULL;
	size_t sum = 0, lines = 0;
	char line[4200];

	if (!list) {
		fputs("usage: floor LIST\n", stderr);
		return 64;
	}
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "file ", 5) == 0)
			sum += read_file(line + 5);
		else if (strncmp(line, "stat ", 5) == 0)
			sum += stat_file(line + 5);
		else if (strncmp(line, "list ", 5) == 0)
			sum += list_directory(line + 5);
		lines++;
	}
	fclose(list);
	printf("%zu lines, %zu\n", lines, sum);
	return lines == 0;
}
