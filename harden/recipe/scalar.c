// SPDX-License-Identifier: Apache-2.0
/*
 * Scalars of a recipe. Strict on purpose: "yes", "0o644" or "2027-02-30" are mistakes a person
 * wants to hear about, not values to guess at.
 */
#include "harden/recipe/scalar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ID_PARTS_MAX 8
#define ID_DIGITS_MAX 9

bool scalar_id(const char *text)
{
	for (unsigned parts = 1; parts <= ID_PARTS_MAX; parts++) {
		size_t n = strspn(text, "0123456789");

		if (n == 0 || n > ID_DIGITS_MAX || (text[0] == '0' && n > 1))
			return false;
		text += n;
		if (*text == '\0')
			return true;
		if (*text++ != '.')
			return false;
	}
	return false;
}

bool scalar_name(const char *text)
{
	if (*text < 'a' || *text > 'z')
		return false;
	for (;;) {
		size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

		if (n == 0)
			return false;
		text += n;
		if (*text == '\0')
			return true;
		if (*text++ != '.')
			return false;
	}
}

bool scalar_variable(const char *text)
{
	if (*text < 'a' || *text > 'z')
		return false;
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

bool scalar_file_name(const char *text)
{
	return *text && *text != '.' && !strchr(text, '/');
}

/* n decimal digits at text as a number; -1 if one is no digit. */
static int digits(const char *text, int n)
{
	int number = 0;

	for (int i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		number = number * 10 + (text[i] - '0');
	}
	return number;
}

static int days_of(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

bool scalar_date(const char *text)
{
	int year, month, day;

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return false;
	year = digits(text, 4);
	month = digits(text + 5, 2);
	day = digits(text + 8, 2);
	return year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= days_of(year, month);
}

bool scalar_mode(const char *text, unsigned *ret_mode)
{
	size_t n = strspn(text, "01234567");

	if (text[n] || n < 3 || n > 5 || (n == 5 && text[0] != '0'))
		return false;
	*ret_mode = (unsigned)strtoul(text, NULL, 8);
	return true;
}

bool scalar_integer(const char *text, int64_t *ret_integer)
{
	const char *first = text + (*text == '-');
	long long number;

	if (!*first || first[strspn(first, "0123456789")])
		return false;
	errno = 0;
	number = strtoll(text, NULL, 10);
	if (errno)
		return false;
	*ret_integer = number;
	return true;
}

bool scalar_bool(const char *text, bool *ret_bool)
{
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return false;
	*ret_bool = text[0] == 't';
	return true;
}
