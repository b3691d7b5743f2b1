// SPDX-License-Identifier: Apache-2.0
/*
 * libarchive, opened on first use: it brings five libraries for formats and compressions along, and
 * most runs read no archive. For archive.c only.
 */
#pragma once

#include "harden/base/error.h"

#include <archive.h>
#include <archive_entry.h>

struct archive_library {
	__typeof__(archive_read_new) *read_new;
	__typeof__(archive_read_append_filter) *read_append_filter;
	__typeof__(archive_read_support_format_tar) *read_support_format_tar;
	__typeof__(archive_read_support_format_raw) *read_support_format_raw;
	__typeof__(archive_read_open) *read_open;
	__typeof__(archive_read_next_header) *read_next_header;
	__typeof__(archive_read_data) *read_data;
	__typeof__(archive_read_data_block) *read_data_block;
	__typeof__(archive_read_data_skip) *read_data_skip;
	__typeof__(archive_read_free) *read_free;
	__typeof__(archive_error_string) *error_string;
	__typeof__(archive_set_error) *set_error;
	__typeof__(archive_entry_pathname) *entry_pathname;
	__typeof__(archive_entry_hardlink) *entry_hardlink;
	__typeof__(archive_entry_symlink) *entry_symlink;
	__typeof__(archive_entry_filetype) *entry_filetype;
	__typeof__(archive_entry_perm) *entry_perm;
	__typeof__(archive_entry_uid) *entry_uid;
	__typeof__(archive_entry_gid) *entry_gid;
	__typeof__(archive_entry_size) *entry_size;
	__typeof__(archive_entry_xattr_reset) *entry_xattr_reset;
	__typeof__(archive_entry_xattr_next) *entry_xattr_next;
};

/* The library; it stays open. NULL with err (SYS: what to install) when it is not there. */
const struct archive_library *archive_library(struct error *err);
