# What becomes of file capabilities: by default their loss is an error; --caps=drop accepts it, and
# --caps=setuid makes a program of root that has some set-user-ID, with a warning that names it.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture loss
mount_ro "$img" "$WORK/mnt"
file=$(cd "$WORK/mnt" && getcap -r . | sed 's/ .*//; s:^\./::')
[ -n "$file" ] || die "the image has no capabilities"
# The same with two more: a program that is not root's, and a file that nobody may execute.
cp --sparse=always "$img" "$WORK/exec.img"
mkdir "$WORK/edit"
mount -o loop "$WORK/exec.img" "$WORK/edit" || die "cannot mount the copy"
chmod 0750 "$WORK/edit/$file"
cp "$WORK/edit/$file" "$WORK/edit/of-a-user"
chown 1000 "$WORK/edit/of-a-user"
chmod 0755 "$WORK/edit/of-a-user"
cp "$WORK/edit/$file" "$WORK/edit/data"
chmod 0644 "$WORK/edit/data"
setcap cap_net_raw=ep "$WORK/edit/$file"
setcap cap_net_raw=ep "$WORK/edit/data"
setcap cap_net_raw=ep "$WORK/edit/of-a-user"
umount "$WORK/edit"
exec_img=$(for_nobody "$WORK/exec.img")
allow=xattr,acl,chattr,time-range
serve
extract --json --allow-loss=$allow "$exec_img" "$(ganesha_url srv /fail)"
want_rc 1
want_json "loss('caps') == 3"
[ "$(stat -c %a "$exp/fail/$file")" = 750 ] || bad "the mode was changed"

extract --json --caps=drop --allow-loss=$allow "$exec_img" "$(ganesha_url srv /drop)"
want_rc 0
want_json "loss('caps') == 3"
[ "$(stat -c %a "$exp/drop/$file")" = 750 ] || bad "the mode was changed"

# The user's program would only become set-user-ID of that user, and data needs no privilege: both
# are still a loss.
extract --json --caps=setuid --allow-loss=$allow "$exec_img" "$(ganesha_url srv /setuid)"
want_rc 1
want_json "loss('caps') == 2"
want_err "'$file': becomes set-user-ID root"
[ "$(stat -c %a:%u "$exp/setuid/$file")" = 4750:0 ] || bad "no set-user-ID bit"
[ "$(stat -c %a "$exp/setuid/of-a-user")" = 755 ] || bad "the user's program became set-user-ID"
[ "$(stat -c %a "$exp/setuid/data")" = 644 ] || bad "a file without x became set-user-ID"

e2e_end
