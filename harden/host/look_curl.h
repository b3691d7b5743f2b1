// SPDX-License-Identifier: Apache-2.0
/*
 * libcurl, opened on first use: with its TLS library it takes 5 ms to load, and a host without an
 * engine to ask needs none of it. For look_engine_*.c and
 * look_plugin_ask.c only.
 */
#pragma once

#include "harden/base/error.h"

#include <curl/curl.h>

struct curl_library {
	__typeof__(curl_global_init) *global_init;
	__typeof__(curl_easy_init) *easy_init;
	/* in parentheses: the header makes macros of these that know the names alone */
	__typeof__((curl_easy_setopt)) *easy_setopt;
	__typeof__((curl_easy_getinfo)) *easy_getinfo;
	__typeof__(curl_easy_perform) *easy_perform;
	__typeof__(curl_easy_cleanup) *easy_cleanup;
	__typeof__(curl_easy_strerror) *easy_strerror;
	__typeof__(curl_multi_init) *multi_init;
	__typeof__(curl_multi_add_handle) *multi_add_handle;
	__typeof__(curl_multi_remove_handle) *multi_remove_handle;
	__typeof__(curl_multi_perform) *multi_perform;
	__typeof__(curl_multi_poll) *multi_poll;
	__typeof__(curl_multi_info_read) *multi_info_read;
	__typeof__(curl_multi_cleanup) *multi_cleanup;
	__typeof__(curl_multi_strerror) *multi_strerror;
};

/* The library; it stays open. Errors: SYS with what to install. */
int curl_library_open(const struct curl_library **ret_library, struct error *err);
