# shellcheck shell=bash
# Shared by deploy/run and deploy/test, which source it: what they need from Debian, installed or
# named. Sets $root to the project's folder.
#
# Nothing is installed twice and nothing else is touched: dpkg is asked first, so a second run does
# not even reach the network.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }

# fail STATUS SENTENCE: 2 the command line is wrong, 3 this machine lacks something.
fail() {
  local status=$1
  shift
  printf '%s: %s\n' "$0" "$*" >&2
  exit "$status"
}

# The packages of the named parts of packages.txt.
packages_of() {
  local part
  for part in "$@"; do
    sed -n "s/^$part //p" "$root/deploy/packages.txt"
  done
}

# Those of them that are not installed, on one line.
missing_packages() {
  local wanted installed
  wanted=$(packages_of "$@")
  # dpkg-query fails when it knows none of a name; what it does know is printed all the same.
  # shellcheck disable=SC2086
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null |
    sed -n 's/^installed //p' || true)
  grep -vxF -f <(printf '%s\n' "$installed" ' ') <<<"$wanted" | tr '\n' ' ' | sed 's/ $//' || true
}

# need_packages INSTALL PART...: INSTALL is yes or no.
need_packages() {
  local install=$1 missing
  shift
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "this is not a Debian; strata needs what these packages hold: $(packages_of "$@" | tr '\n' ' ')"
    fail 3 "packages cannot be checked without dpkg; run it on Debian 12, or in a container of it"
  fi
  missing=$(missing_packages "$@")
  if [ -z "$missing" ]; then
    return
  fi

  local apt="apt-get install -y --no-install-recommends $missing"
  local as=()
  if [ "$(id -u)" != 0 ]; then
    if [ "$install" = yes ] && command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
      as=(sudo -n)
    else
      install=no
    fi
  fi
  if [ "$install" = no ]; then
    say "packages are missing; run this as root, then start again:"
    say ""
    say "    apt-get update && $apt"
    say ""
    exit 3
  fi
  say "installing $(wc -w <<<"$missing") packages: $missing"
  local log
  log=$(mktemp)
  # Quiet while it works; the whole story when it does not.
  # shellcheck disable=SC2086
  if ! { "${as[@]}" apt-get update &&
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive $apt; } >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    rm -f "$log"
    fail 3 "apt-get failed, see above; is this machine on a network, and is no other apt running?"
  fi
  rm -f "$log"
}

# The build goes into the project's folder: say so before CMake does, in its own words.
need_writable_build() {
  mkdir -p "$root/build" 2>/dev/null || true
  if ! [ -w "$root/build" ]; then
    fail 3 "cannot write to $root/build; copy the project to a folder of your own and start there"
  fi
}

# build PRESET [TARGET...]: configures where needed and builds; progress on one line a file.
build() {
  local preset=$1
  shift
  say "building preset $preset in $root/build/$preset"
  (cd "$root" && cmake --preset "$preset" -Wno-dev >"$root/build/$preset.configure.log" 2>&1) || {
    tail -n 40 "$root/build/$preset.configure.log" >&2
    fail 3 "CMake could not configure preset $preset, see above"
  }
  (cd "$root" && cmake --build --preset "$preset" ${1:+--target "$@"})
}

# read_flags ARGS...: sets $install; both scripts have the same flags.
read_flags() {
  install=yes
  local flag
  for flag in "$@"; do
    case $flag in
    --no-install) install=no ;;
    -h | --help)
      # The comment that opens the script is its help.
      sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *) fail 2 "there is no flag '$flag'; see $0 --help" ;;
    esac
  done
}
