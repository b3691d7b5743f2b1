// SPDX-License-Identifier: Apache-2.0
/*
 * pair RUNS COMMAND... -- COMMAND...: runs two commands in turn, RUNS times each after a warm-up, so
 * that both see the same machine. Prints for each the median, least and greatest wall time and the
 * peak memory, and last the ratio of the medians. Small, because a child's peak includes what it
 * inherits until it execs.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 2000
#define WARM_UP 5

struct subject {
	char **argv;
	double ms[RUNS_MAX];
	long peak_kib;
	int status;
};

static struct subject subjects[2];

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int run_once(struct subject *s, double *ret_ms)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	double start;
	pid_t pid;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	start = now_ms();
	r = posix_spawn(&pid, s->argv[0], &actions, NULL, s->argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r != 0 || wait4(pid, &s->status, 0, &usage) < 0)
		return -1;
	*ret_ms = now_ms() - start;
	if (usage.ru_maxrss > s->peak_kib)
		s->peak_kib = usage.ru_maxrss;
	return WIFEXITED(s->status) && WEXITSTATUS(s->status) != 127 ? 0 : -1;
}

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double report(struct subject *s, size_t runs)
{
	double median;

	qsort(s->ms, runs, sizeof(s->ms[0]), by_time);
	median = s->ms[runs / 2];
	printf("%s\tmedian %.2f ms\tleast %.2f ms\tgreatest %.2f ms\tpeak %.1f MiB\texit %d\n",
	       strrchr(s->argv[0], '/') ? strrchr(s->argv[0], '/') + 1 : s->argv[0], median,
	       s->ms[0], s->ms[runs - 1], (double)s->peak_kib / 1024, WEXITSTATUS(s->status));
	return median;
}

static int split(int argc, char **argv)
{
	for (int i = 3; i + 1 < argc; i++) {
		if (strcmp(argv[i], "--") != 0)
			continue;
		argv[i] = NULL;
		subjects[0].argv = argv + 2;
		subjects[1].argv = argv + i + 1;
		return 0;
	}
	return -1;
}

int main(int argc, char **argv)
{
	size_t runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	double ms, first, second;

	if (runs < 1 || runs > RUNS_MAX || split(argc, argv) < 0) {
		fputs("usage: pair RUNS COMMAND... -- COMMAND...\n", stderr);
		return 64;
	}
	for (size_t i = 0; i < runs + WARM_UP; i++) {
		for (size_t k = 0; k < 2; k++) {
			if (run_once(&subjects[k], &ms) < 0) {
				fprintf(stderr, "pair: %s did not run\n", subjects[k].argv[0]);
				return 1;
			}
			if (i >= WARM_UP)
				subjects[k].ms[i - WARM_UP] = ms;
		}
	}
	first = report(&subjects[0], runs);
	second = report(&subjects[1], runs);
	printf("ratio\t%.2f\n", second / first);
	return 0;
}
