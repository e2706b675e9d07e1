#include "img2nfs/note.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void i2n_note(const struct i2n_notes *notes, enum i2n_note_kind kind, const char *cls,
	      const char *path,
	      size_t path_len, const char *fmt, ...)
{
	struct i2n_note note = { .kind = kind, .cls = cls, .path = path, .path_len = path_len };
	char text[1024];
	va_list ap;
	int n;

	if (!notes || !notes->fn)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		text[0] = '\0';
	else if ((size_t)n >= sizeof(text))
		memcpy(text + sizeof(text) - 4, "...", 4);
	note.text = text;
	notes->fn(notes->ctx, &note);
}
