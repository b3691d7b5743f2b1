// SPDX-License-Identifier: Apache-2.0
/*
 * fetch SOCKET LIST: the least that asking an Engine API can cost. Asks for the paths of LIST, one in a
 * line, by libcurl's multi interface with four in flight over connections that are kept; nothing is
 * parsed, judged or printed but the sums. bench/engine.sh makes LIST from what harden asked for.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT 4

static size_t total, failed;
static CURLM *multi;
static FILE *list;

static size_t count(const void *data, size_t one, size_t size, void *cookie)
{
	(void)data;
	(void)one;
	(void)cookie;
	total += size;
	return size;
}

/* The next path, or 0 at the end. */
static int ask(CURL *easy)
{
	char line[4096] = "http://localhost";
	size_t begin = strlen(line);

	if (!fgets(line + begin, (int)(sizeof(line) - begin), list))
		return 0;
	line[strcspn(line, "\n")] = '\0';
	curl_easy_setopt(easy, CURLOPT_URL, line);
	curl_multi_add_handle(multi, easy);
	return 1;
}

int main(int argc, char **argv)
{
	size_t asked = 0;
	int running = 0, left;

	list = argc == 3 ? fopen(argv[2], "r") : NULL;
	if (!list || curl_global_init(CURL_GLOBAL_DEFAULT) || !(multi = curl_multi_init()))
		return 2;
	for (int i = 0; i < IN_FLIGHT; i++) {
		CURL *easy = curl_easy_init();

		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, argv[1]);
		curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count);
		asked += (size_t)ask(easy);
	}
	do {
		CURLMsg *message;

		curl_multi_perform(multi, &running);
		while ((message = curl_multi_info_read(multi, &left))) {
			CURL *easy = message->easy_handle;

			failed += message->data.result != CURLE_OK;
			curl_multi_remove_handle(multi, easy);
			if (ask(easy)) {
				asked++;
				running = 1;
			}
		}
		if (running)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
	} while (running);
	printf("%zu answers, %zu bytes, %zu failed\n", asked, total, failed);
	return failed || !asked;
}
