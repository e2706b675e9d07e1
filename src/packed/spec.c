#define _POSIX_C_SOURCE 200809L
#include "spec.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* At the ':' or at the end. */
static const char *end_of_file_name(const char *operand)
{
	const char *whole = operand + strlen(operand), *c;
	struct stat st;

	if (!stat(operand, &st))
		return whole;
	for (c = strchr(operand, ':'); c; c = strchr(c + 1, ':')) {
		char *head = strndup(operand, (size_t)(c - operand));
		bool found = head && !stat(head, &st);

		free(head);
		if (found)
			return c;
	}
	return whole;
}

bool spec_parse(struct spec *spec, const char *operand)
{
	const char *end = operand + 1;

	*spec = (struct spec){ 0 };
	if (operand[0] != '-' || (operand[1] && operand[1] != ':')) {
		end = end_of_file_name(operand);
		spec->file = strndup(operand, (size_t)(end - operand));
		if (!spec->file)
			return false;
	}
	spec->rest = *end ? end + 1 : end;
	return true;
}

bool spec_take_member(struct spec *spec, enum i2n_rest rest)
{
	const char *end = NULL;

	if (rest != I2N_REST_NONE && spec->rest[0] == '/')
		return true;
	if (rest == I2N_REST_ANY)
		end = strchr(spec->rest, ':');
	else if (rest == I2N_REST_PATH)
		end = strstr(spec->rest, ":/");
	if (!spec->rest[0] || (rest == I2N_REST_ANY && !end))
		return true;
	if (!end)
		end = spec->rest + strlen(spec->rest);
	spec->member = strndup(spec->rest, (size_t)(end - spec->rest));
	spec->rest = *end ? end + 1 : end;
	return spec->member != NULL;
}

void spec_release(struct spec *spec)
{
	free(spec->file);
	free(spec->member);
	*spec = (struct spec){ 0 };
}
