// SPDX-License-Identifier: Apache-2.0
/*
 * Cleanup by attribute. Every local that owns something is declared with one of these and
 * initialised where it is declared; ownership leaves with take_ptr() or take_fd().
 */
#pragma once

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#define AUTO_FREE __attribute__((cleanup(auto_free_impl)))
#define AUTO_CLOSE __attribute__((cleanup(auto_close_impl)))
#define AUTO_CLOSEDIR __attribute__((cleanup(auto_closedir_impl)))

/* AUTO(error) struct error err = {0}; - runs error_done(&err) at the end of the scope. */
#define AUTO(type) __attribute__((cleanup(type##_done)))
/* AUTO_PTR(value) struct value *v = NULL; - runs value_free(v) at the end of the scope. */
#define AUTO_PTR(type) __attribute__((cleanup(type##_free_ptr)))
/* Placed once beside type##_free() in its header, to make AUTO_PTR(type) work. */
#define DEFINE_AUTO_PTR(type)                                                                      \
	static inline void type##_free_ptr(struct type **p)                                        \
	{                                                                                          \
		type##_free(*p);                                                                   \
	}

static inline void auto_free_impl(void *p)
{
	free(*(void **)p);
}

static inline void auto_close_impl(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* the descriptor is gone either way */
}

static inline void auto_closedir_impl(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir); /* read only */
}

/* Hand over: returns the value and leaves the local empty, so that its cleanup does nothing. */
#define take_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(*(p)) taken_ = *(p);                                                    \
		*(p) = NULL;                                                                       \
		taken_;                                                                            \
	})

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}
