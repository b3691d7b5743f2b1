// SPDX-License-Identifier: Apache-2.0
#include "harden/base/library.h"

#include <dlfcn.h>
#include <string.h>

static int missing(const struct library *library, const char *why, struct error *err)
{
	(void)error_set(err, ERROR_SYS, 0, "open %s: %s", library->purpose,
			why ? why : "not found");
	error_resource(err, library->files[0]);
	error_next(err, "%s", library->next);
	return -1;
}

int library_open(const struct library *library, const struct library_symbol *symbols, size_t len,
		 void **handle, void *functions, struct error *err)
{
	void *opened = *handle;

	for (size_t i = 0; library->files[i] && !opened; i++)
		opened = dlopen(library->files[i], RTLD_NOW | RTLD_LOCAL);
	if (!opened)
		return missing(library, dlerror(), err);
	for (size_t i = 0; i < len; i++) {
		void *address = dlsym(opened, symbols[i].name);

		if (!address) {
			if (!*handle)
				(void)dlclose(opened); /* it was of no use */
			return missing(library, symbols[i].name, err);
		}
		memcpy((char *)functions + symbols[i].offset, &address, sizeof(address));
	}
	*handle = opened;
	return 0;
}

void *library_find(void *handle, const char *name)
{
	return handle ? dlsym(handle, name) : NULL;
}
