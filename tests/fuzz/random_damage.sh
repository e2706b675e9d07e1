# Every fuzz target runs its undamaged images, what fuzzing once found (tests/fuzz/found) and 1500 random damages under ASan and UBSan without a crash or a hang.
# SEED=n repeats a run.
set -eu
seed=${SEED:-$(date +%s)}
export FUZZ_BASE="$O/san/fuzz/base"
for bin in "$O"/san/tests/fuzz/fuzz_*; do
	case $bin in *.o | *.d) continue ;; esac
	mkdir -p "$WORK/seeds"
	rm -f "$WORK"/seeds/*
	"$bin" -o "$WORK/seeds"
	"$bin" "$WORK"/seeds/*
	for f in "$top"/tests/fuzz/found/"${bin##*fuzz_}"-*; do
		[ ! -e "$f" ] || "$bin" "$f"
	done
	timeout 300 "$bin" -n "${COUNT:-1500}" -s "$seed"
done
