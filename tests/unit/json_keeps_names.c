/* Any bytes come out as valid JSON, and the exact bytes can be had back. Expected texts by hand
 * from RFC 8259, RFC 3629 and RFC 4648. */
#include "cli/json.h"
#include "t.h"

static char text[1024];

static const char *bytes(const void *p, size_t len)
{
	FILE *f = fmemopen(text, sizeof(text), "w");
	struct json j;

	memset(text, 0, sizeof(text));
	json_init(&j, false);
	json_into(&j, f);
	json_object(&j, NULL);
	json_bytes(&j, "p", p, len);
	json_end(&j);
	fclose(f);
	return text;
}

static void names(void)
{
	T_STR(bytes("etc/fstab", 9), "{\"p\": \"etc/fstab\"}\n");
	T_STR(bytes("", 0), "{\"p\": \"\"}\n");
	T_STR(bytes("a\"b\\c\n\t\x01\x7f", 9),
	      "{\"p\": \"a\\\"b\\\\c\\u000a\\u0009\\u0001\\u007f\"}\n");
	T_STR(bytes("\0", 1), "{\"p\": \"\\u0000\"}\n");
	T_STR(bytes("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9),
	      "{\"p\": \"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"}\n");
	/* valid, but the end of a line to some, or an order to a terminal */
	T_STR(bytes("\xc2\x85\xe2\x80\xa8\xe2\x80\xa9\xc2\x9b\xc2\xa0\xe2\x80\xa7", 15),
	      "{\"p\": \"\\u0085\\u2028\\u2029\\u009b\xc2\xa0\xe2\x80\xa7\"}\n");
	/* not UTF-8: a lone byte, overlong forms, a surrogate, beyond U+10FFFF, cut short */
	T_STR(bytes("\xff", 1), "{\"p\": \"\\ufffd\", \"p_base64\": \"/w==\"}\n");
	T_STR(bytes("a\xff", 2), "{\"p\": \"a\\ufffd\", \"p_base64\": \"Yf8=\"}\n");
	T_STR(bytes("a\xff\xfe", 3), "{\"p\": \"a\\ufffd\\ufffd\", \"p_base64\": \"Yf/+\"}\n");
	T_STR(bytes("\xc0\xaf", 2), "{\"p\": \"\\ufffd\\ufffd\", \"p_base64\": \"wK8=\"}\n");
	T_STR(bytes("\xe0\x80\xaf", 3),
	      "{\"p\": \"\\ufffd\\ufffd\\ufffd\", \"p_base64\": \"4ICv\"}\n");
	T_STR(bytes("\xed\xa0\x80", 3),
	      "{\"p\": \"\\ufffd\\ufffd\\ufffd\", \"p_base64\": \"7aCA\"}\n");
	T_STR(bytes("\xf4\x90\x80\x80", 4),
	      "{\"p\": \"\\ufffd\\ufffd\\ufffd\\ufffd\", \"p_base64\": \"9JCAgA==\"}\n");
	T_STR(bytes("x\xe2\x82", 3), "{\"p\": \"x\\ufffd\\ufffd\", \"p_base64\": \"eOKC\"}\n");
}

static void shapes(bool pretty, const char *want)
{
	FILE *f = fmemopen(text, sizeof(text), "w");
	struct json j;

	memset(text, 0, sizeof(text));
	json_init(&j, pretty);
	json_into(&j, f);
	json_object(&j, NULL);
	json_u64(&j, "u", UINT64_MAX);
	json_i64(&j, "i", INT64_MIN);
	json_ms(&j, "s", 12005);
	json_array(&j, "a");
	json_bool(&j, NULL, true);
	json_null(&j, NULL);
	json_end(&j);
	json_object(&j, "o");
	json_end(&j);
	json_str(&j, "t", NULL);
	json_end(&j);
	fclose(f);
	T_STR(text, want);
}

int main(void)
{
	names();
	shapes(false, "{\"u\": 18446744073709551615, \"i\": -9223372036854775808, \"s\": 12.005, "
		      "\"a\": [true, null], "
		      "\"o\": {}, \"t\": null}\n");
	shapes(true, "{\n  \"u\": 18446744073709551615,\n  \"i\": -9223372036854775808,\n  \"s\": "
		     "12.005,\n"
		     "  \"a\": [\n    true,\n    null\n  ],\n  \"o\": {},\n  \"t\": null\n}\n");
	return t_end();
}
