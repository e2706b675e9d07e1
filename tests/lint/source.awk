# source.awk - what can be said about a source file line by line. awk -f source.awk FILE...
# Prints "error FILE:LINE: ..." and "warn FILE:LINE: ...".

function say(kind, line, text) { print kind " " FILENAME ":" line ": " text }

# Width with tabs of 8; a UTF-8 sequence counts as one column.
function width(s,    i, c, w) {
	if (s !~ /\t/ && length(s) <= 100)
		return length(s)
	w = 0
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "\t")
			w += 8 - w % 8
		else if (c < "\200" || c >= "\300")
			w++
	}
	return w
}

# The line without comments and the contents of strings. in_comment lasts over lines.
function strip(s,    out, i, c, two, quote) {
	if (!in_comment && s !~ /["'\/]/)
		return s
	out = ""
	quote = ""
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		two = substr(s, i, 2)
		if (in_comment) {
			if (two == "*/") {
				in_comment = 0
				i++
			}
		} else if (quote != "") {
			if (c == "\\")
				i++
			else if (c == quote) {
				quote = ""
				out = out c
			}
		} else if (two == "/*") {
			in_comment = 1
			i++
		} else if (two == "//") {
			break
		} else {
			if (c == "\"" || c == "'")
				quote = c
			out = out c
		}
	}
	return out
}

function end_file() {
	if (last_file == "")
		return
	if (lines > 800)
		print "error " last_file ":" lines ": more than 800 lines"
	long_lines += long_here
}

FNR == 1 {
	end_file()
	last_file = FILENAME
	is_c = FILENAME ~ /\.[ch]$/
	in_comment = long_here = body = rank = 0
	base = FILENAME
	sub(/.*\//, "", base)
	sub(/\.c$/, ".h", base)
	is_cli = FILENAME ~ /src\/cli\//
	is_test = FILENAME ~ /^(tests|fixtures)\//
	first_include = 1
}

{
	lines = FNR
	w = width($0)
	# C keeps to 100 columns (conventions, section 2); scripts and make may go to 120
	if (w > (FILENAME ~ /\.[ch]$/ ? 100 : 120) && !is_test)
		say("error", FNR, w " columns")
	else if (w > 100)
		long_here++
	if ($0 ~ /[ \t]$/)
		say("error", FNR, "space at the end")
	if ($0 ~ /(^|[^A-Za-z])(TODO|XXX|HACK)([^A-Za-z]|$)/ && FILENAME !~ /tests\/lint\//)
		say("error", FNR, "unfinished: say it in an issue, or FIXME(reason)")
	if ($0 ~ /FIXME([^(]|$)/ && FILENAME !~ /tests\/lint\//)
		say("error", FNR, "FIXME without (reason)")
}

!is_c { next }

{
	if (!in_comment && $0 ~ /^ +[^ *]/ && FILENAME !~ /\.S$/)
		say("error", FNR, "indented with spaces")
	if ($0 ~ / \t/ && !in_comment && $0 !~ /\/\*.* \t/)
		say("error", FNR, "space before a tab")
}

FILENAME ~ /^(src|include)\// && base !~ /^os_/ && /^#.*(__linux__|__APPLE__|__FreeBSD__|__NetBSD__|__OpenBSD__)/ {
	say("error", FNR, "what one system has belongs into src/base/os.h")
}

# own header, img2nfs/, private, then third party and system in either order: libnfs' headers need some of the system's
# before them.
/^#include/ {
	name = $2
	if (first_include && (name ~ ("/" base "\"$") || name == "\"" base "\""))
		r = 1
	else if (name ~ /^"img2nfs\//)
		r = 2
	else if (name ~ /^"/)
		r = 3
	else
		r = 4
	if (r < rank && !is_test)
		say("error", FNR, "include order: own, img2nfs/, private, then the rest")
	if (r > rank)
		rank = r
	first_include = 0
}

{
	code = strip($0)
}

# Functions: a brace alone at the left margin opens and closes one.
code ~ /^\{/ { body = FNR }
code ~ /^\}$/ && body {
	n = FNR - body - 1
	if (n > 100)
		say("error", body, "function of " n " lines")
	else if (n > 50)
		say("warn", body, "function of " n " lines: find the second idea and name it")
	body = 0
}

# Variables at file scope: a declaration at the left margin that is neither const nor a function nor a type. Inside a
# function `static` has the same effect. A pointer is const when the word follows its last star.
FILENAME ~ /^src\/.*\.c$/ && !is_cli && (code ~ /^[a-z]/ || code ~ /^\t+static /) {
	decl = code
	sub(/=.*/, "", decl)
	gsub(/\{[^}]*\}/, "", decl)
	if (decl ~ /\(/ || decl ~ /^(extern|typedef|enum|return|goto|else|case|default)[ \t]/ || decl ~ /:$/)
		next
	if (decl ~ /^(struct|union) [a-z0-9_]+ *(\{|;)/)
		next
	if (code !~ /[=;{]/)
		next
	after_star = decl
	if (sub(/.*\*/, "", after_star) ? after_star !~ /const/ : decl !~ /const/)
		say("error", FNR, "mutable variable outside a function: " decl)
}

END {
	end_file()
	if (long_lines)
		print "warn " long_lines " lines are longer than 100 columns"
}
