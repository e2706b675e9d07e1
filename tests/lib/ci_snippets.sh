# ci_snippets.sh - the snippets of "In CI" in README.md. Source e2e.sh first.
#
#	snippet N		the Nth of them
#	shell_of [KEY] <YAML	the lines that a runner hands to its shell; of GitLab's, those of KEY alone
#	kept STATUS		of snippet $n, run in $job: the service is told to keep the report, also of a run that fails;
#				it fits the schema, and says this

shell_of() {
	awk -v only="${1:-}" '
		{ match($0, /^ */); depth = RLENGTH }
		block && depth > at { print substr($0, at + 1); next }
		{ block = 0 }
		/^ *(- )?run: \|$/ { block = 1; at = depth; next }
		/^ *(- )?run: / { sub(/^ *(- )?run: /, ""); print; next }
		/^ *(before_)?script:$/ { list = !only || $1 == only ":"; next }
		list && /^ *- / { sub(/^ *- /, ""); print; next }
		{ list = 0 }'
}
snippet() {
	sed -n '/^## In CI/,/^## [^I]/p' "$top/README.md" | awk -v n="$1" '/^```/ { i++; next } i == 2 * n - 1'
}
kept() {
	snippet "$n" | awk '/upload-artifact|^ *artifacts:/ { on = 1 } on' | sed 's/\\n/ /g' | tr -c 'a-z.' '\n' | grep -qx 'report.json' ||
		bad "snippet $n does not keep the report"
	snippet "$n" | grep -qE 'if: always\(\)|when: always' || bad "snippet $n keeps no report of a run that fails"
	PYTHONWARNINGS=ignore jsonschema -i "$job/report.json" "$top/src/cli/report.schema.json" || bad "not by the schema"
	[ "$(jq -r '.command, .status' "$job/report.json" | tr '\n' ' ')" = "extract $1 " ] ||
		bad "it says $(jq -c '[.command, .status, .error]' "$job/report.json")"
}
