"""What runs on a node: a POSIX shell that answers questions until its input ends. It writes nothing there.

A question is a line ``op number bytes bytes word…`` and two texts of so many bytes; the answer is ``> number``, a gzip
stream, which tells its own end, and ``< number``. Texts are lines, and never taken for shell words. An *item* is two
lines: what to read, and the path; what was read of it is followed by a line of its own, with a mark that only we and
the node know and the status.
"""

from __future__ import annotations

from ...nodes.zone import ZONE_SCRIPT

SCRIPT = r"""
LC_ALL=C; export LC_ALL
renice -n 19 -p $$ >/dev/null 2>&1
ionice -c 3 -p $$ >/dev/null 2>&1
set -f
nl='
'
for tool in grep gzip dd head tail wc awk timeout; do
  command -v $tool >/dev/null 2>&1 || { printf '! %s\n' $tool; exit 1; }
done
echo x | grep -abF -B 1 --no-group-separator x >/dev/null 2>&1 || { echo '! GNU grep'; exit 1; }
perl=$(command -v perl 2>/dev/null)
read -r mark || exit 0

plain() { dd if="$1" iflag=skip_bytes,count_bytes skip="$2" count="$3" bs=64K status=none 2>/dev/null; }
unpacked() {
  case $2 in
    gz) gzip -dc <"$1" ;;
    xz) xz -dc <"$1" ;;
    bz2) bzip2 -dc <"$1" ;;
    zst) zstd -dcq <"$1" ;;
  esac 2>/dev/null
}
said() { printf '\n%s %s\n' "$mark" "$1"; }
# Path, and: plain START COUNT; or KIND all; or KIND and pairs of bytes to skip and to take.
item() {
  path=$1 kind=$2; shift 2
  case $kind in
    plain) plain "$path" "$1" "$2"; said $? ;;
    *)
      if [ "$1" = all ]; then unpacked "$path" "$kind"; said $?; return; fi
      unpacked "$path" "$kind" | while [ $# -gt 0 ]; do
        head -c "$1" >/dev/null; head -c "$2"; said 0; shift 2
      done ;;
  esac
}
# One process for all ranges of plain files instead of one for each.
plainly='
  $mark = shift; $b = ""; @items = split /\n/, shift;
  sub put { my $at = 0; while ($at < length $_[0]) { $at += syswrite(STDOUT, $_[0], 1 << 18, $at) || exit 1; } }
  while (($words, $path) = splice @items, 0, 2) {
    ($start, $left) = (split / /, $words)[1, 2]; $status = 1;
    if (sysopen(F, $path, 0) && sysseek(F, $start, 0)) {
      while ($left > 0 && ($got = sysread(F, $b, $left < 1 << 18 ? $left : 1 << 18))) { put($b); $left -= $got; }
      $status = 0 if defined $got; close F;
    }
    put("\n$mark $status\n");
  }'

# Called in a subshell of its own.
items() {
  case $nl$1 in
    *"$nl"gz\ * | *"$nl"xz\ * | *"$nl"bz2\ * | *"$nl"zst\ *) ;;
    *) [ -n "$perl" ] && [ ${#1} -lt 100000 ] && exec "$perl" -e "$plainly" "$mark" "$1" ;;
  esac
  IFS=$nl; set -- $1; IFS=' '
  while [ $# -gt 1 ]; do
    item "$2" $1; shift 2
  done
}
ends() {
  IFS=$nl; set -- $2 $1; IFS=' '
  size=$1; shift
  head -v -c "$size" -- "$@" 2>/dev/null; said 0
  tail -v -c "$size" -- "$@" 2>/dev/null; said 0
}
whole() {
  most=$3 after=$4 texts=$2
  IFS=$nl; set -- $1; IFS=' '
  { printf '%s\n' "$texts" |
      timeout 300 grep -abnHZF -B 1 -A "$after" --no-group-separator -f - -- "$@" 2>/dev/null; said $?; } |
    head -c "$most"
}
scan() {
  printf '%s\n' "$mark" "$2" | {
    exec 3<&0
    items "$1" </dev/null |
      grep -abF -B 1 -A "$4" -m "$5" --no-group-separator -f /dev/fd/3 2>/dev/null
  } | head -c "$3"
}
spots() {
  printf '%s\n' "$2" | {
    exec 3<&0
    items "$1" </dev/null | grep -aboF -f /dev/fd/3 2>/dev/null
  }
}
tally() {
  spots "$1" "$2" | awk '{ n[substr($0, index($0, ":") + 1)]++ } END { for (t in n) print n[t] ":" t }'
}
thinned() {
  spots "$1" "$2" |
    awk -F : 'BEGIN { p = 1 } { n++; while (int(n / 6) >= p) p *= 2; if (n <= 6 || n % p == 0) print $1 }'
}
# Path, and: KIND, where to begin, and how many bytes to go on, once or more often.
lines() {
  path=$1 kind=$2 start=$3; shift 3
  case $kind in plain) tail -c +$((start + 1)) -- "$path" 2>/dev/null ;; *) unpacked "$path" "$kind" ;; esac |
    while [ $# -gt 0 ]; do head -c "$1" | wc -l; shift; done
}
counting='
  while (defined($words = <STDIN>)) {
    chomp($words, $path = <STDIN>); (undef, $start, @lengths) = split / /, $words;
    $open = sysopen(F, $path, 0) && sysseek(F, $start, 0);
    for $left (@lengths) {
      $n = 0;
      while ($open && $left > 0 && sysread(F, $b, $left < 1 << 18 ? $left : 1 << 18)) {
        $n += ($b =~ tr/\n//); $left -= length $b;
      }
      print "$n\n";
    }
  }'
count() {
  case $nl$1 in
    *"$nl"gz\ * | *"$nl"xz\ * | *"$nl"bz2\ * | *"$nl"zst\ *) ;;
    *) [ -n "$perl" ] && { printf '%s\n' "$1" | "$perl" -e "$counting"; return; } ;;
  esac
  IFS=$nl; set -- $1; IFS=' '
  while [ $# -gt 1 ]; do
    lines "$2" $1; shift 2
  done
}
journal() {
  command -v journalctl >/dev/null 2>&1 || return
  [ -z "$(timeout 10 journalctl -q -n 1 -o cat 2>/dev/null | head -c 1)" ] || echo journal
}
# journal SINCE [UNTIL], or the tool of containers, a name, and the same.
spoken() {
  case $1 in
    journal) timeout 300 journalctl -q -a -o json --no-pager --since="@$2" ${3:+--until="@$3"} ;;
    docker | podman) timeout 300 "$1" logs --timestamps --since "$3" ${4:+--until "$4"} "$2" 2>&1 ;;
  esac 2>/dev/null
}
stream() {
  printf '%s\n' "$2" | {
    exec 3<&0
    spoken $1 </dev/null | grep -aF -B "$4" -A "$5" --no-group-separator -f /dev/fd/3 2>/dev/null
  } | head -c "$3"
}
zone() {
  ZONE
}
while read -r op number first second more; do
  one= two=
  [ "$first" = 0 ] || one=$(head -c "$first")
  [ "$second" = 0 ] || two=$(head -c "$second")
  case $op in
    read) op=items ;;
    ends | whole | scan | tally | thinned | count | journal | stream | zone) ;;
    *) exit 1 ;;
  esac
  printf '> %s\n' "$number"
  $op "$one" "$two" $more </dev/null | gzip -1
  printf '< %s\n' "$number"
done
""".replace("ZONE", ZONE_SCRIPT)
