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

int library_fill(const struct library *library, const struct library_symbol *symbols, size_t len,
		 void *functions, struct error *err)
{
	for (size_t i = 0; i < len; i++) {
		void *address = dlsym(library->handle, symbols[i].name);

		if (!address)
			return missing(library, symbols[i].name, err);
		memcpy((char *)functions + symbols[i].offset, &address, sizeof(address));
	}
	return 0;
}

int library_open(struct library *library, const struct library_symbol *symbols, size_t len,
		 void *functions, struct error *err)
{
	if (library->handle)
		return 0;
	for (size_t i = 0; library->files[i] && !library->handle; i++)
		library->handle = dlopen(library->files[i], RTLD_NOW | RTLD_LOCAL);
	if (!library->handle)
		return missing(library, dlerror(), err);
	if (library_fill(library, symbols, len, functions, err) == 0)
		return 0;
	(void)dlclose(library->handle); /* it was of no use */
	library->handle = NULL;
	return -1;
}

void *library_find(const struct library *library, const char *name)
{
	return library->handle ? dlsym(library->handle, name) : NULL;
}
