# Sourced by ./run, ./test and scripts/build: which packages are needed, and how they get here.
# Asks nothing. dpkg-query decides what is missing, so a machine that has everything never waits for apt.

# What the program is built from.
build_packages=(
  g++ cmake ninja-build ccache pkg-config ca-certificates
  libsoci-dev libsqlite3-dev libsodium-dev libssl-dev libyaml-cpp-dev
  libspdlog-dev libfmt-dev libcli11-dev libzstd-dev zlib1g-dev libarchive-dev
)

# What the tests need on top.
test_packages=(
  git iproute2 python3 python3-pymodbus python3-serial-asyncio python3-websockets python3-sysv-ipc mbpoll
  libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev gcovr chromium nginx-light openssl curl zstd
)

# Formatting, linting and fuzzing. In Debian 12 they come with the security updates.
clang_packages=(clang-22 lld-22 clang-format-22 clang-tidy-22 llvm-22 libclang-rt-22-dev)

minimum_memory_mib=2000    # a machine sold as 2 GiB reports a little less
memory_per_job_mib=1200    # Beast at -O2; with sanitizers it is about twice that
apt_log=build/apt.log

say() { printf '%s: %s\n' "$(basename "$0")" "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "installing packages needs root: run this as root, or install sudo"
  fi
}

debian_version() { (. /etc/os-release; printf '%s' "${VERSION_ID:-0}"); }

# The packages that differ from machine to machine.
boost_package() { if [ "$(debian_version)" = 12 ]; then echo libboost1.81-dev; else echo libboost-dev; fi; }
node_packages() { command -v node >/dev/null && command -v npm >/dev/null || echo nodejs npm; }

# missing_packages PACKAGE... : those of them that are not installed
missing_packages() {
  local package
  for package in "$@"; do
    case "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" in
      installed) ;;
      *) echo "$package" ;;
    esac
  done
}

apt_quietly() {
  mkdir -p build
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" \
    </dev/null >>"$apt_log" 2>&1
}

update_package_lists() {
  say "updating the package lists"
  apt_quietly update || say "some package lists could not be updated (see $apt_log); going on"
}

# install_packages WHAT_FOR PACKAGE... : installs those that are missing
install_packages() {
  local what_for=$1 missing
  shift
  missing=$(missing_packages "$@" | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null ||
    die "this machine has no apt-get; install by hand: $missing"
  update_package_lists
  say "installing $what_for: $missing"
  # shellcheck disable=SC2086 # a list of words
  apt_quietly install --no-install-recommends $missing || {
    tail -n 15 "$apt_log" >&2
    die "apt could not install the packages above; the whole log is $apt_log"
  }
}

install_build_packages() {
  # shellcheck disable=SC2046 # lists of words
  install_packages "what the build needs" "${build_packages[@]}" $(boost_package) $(node_packages)
}

install_test_packages() {
  install_packages "what the tests need" "${test_packages[@]}"
}

is_available() { apt-cache show "$1" >/dev/null 2>&1; }

# A machine fresh from debootstrap knows only Debian's main archive; its security updates lie beside it.
add_security_source() {
  local archive list=/etc/apt/sources.list.d/debian-security.list
  [ "$(debian_version)" = 12 ] && [ ! -e "$list" ] || return 1
  archive=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
    awk '$2 == "bookworm" && $3 == "main" { print $1; exit }')
  case "$archive" in */debian/) ;; *) return 1 ;; esac
  say "adding Debian's security updates to the package sources ($list)"
  echo "deb ${archive%/debian/}/debian-security bookworm-security main" | as_root tee "$list" >/dev/null
  apt_quietly update && is_available clang-22 || { as_root rm -f "$list"; return 1; }
}

# clang formats, lints and fuzzes; everything else works without it.
install_clang() {
  local missing
  missing=$(missing_packages "${clang_packages[@]}")
  [ -n "$missing" ] || return 0
  if ! is_available clang-22; then
    update_package_lists
    is_available clang-22 || add_security_source || {
      say "no clang-22 in the package sources: formatting, clang-tidy and fuzzing are left out"
      return 0
    }
  fi
  install_packages "the tools that check the code" "${clang_packages[@]}"
}

memory_mib() {
  local total limit
  total=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
  limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
  if [ "$limit" != max ] && [ $((limit / 1048576)) -lt "$total" ]; then total=$((limit / 1048576)); fi
  echo "$total"
}

require_memory_to_compile() {
  local have
  have=$(memory_mib)
  [ "$have" -ge "$minimum_memory_mib" ] || die "this machine has $have MiB of memory and compiling needs" \
    "$minimum_memory_mib: build the package on a larger one (packaging/) and install it here with" \
    "'apt install ./tagwerk_*.deb'"
}

# parallel_jobs MIB_PER_JOB : as many as there are cores, unless memory is short
parallel_jobs() {
  local by_memory=$(($(memory_mib) / $1)) cores
  cores=$(nproc)
  if [ "$by_memory" -lt 1 ]; then echo 1
  elif [ "$by_memory" -lt "$cores" ]; then echo "$by_memory"
  else echo "$cores"
  fi
}

# The unit tests are part of the release build wherever their libraries are installed.
tests_switch() {
  if [ -z "$(missing_packages libgtest-dev libgmock-dev librapidcheck-dev)" ]; then echo ON; else echo OFF; fi
}

# build PRESET TARGET... : configures where needed, then builds
build() {
  local preset=$1 per_job=$memory_per_job_mib
  shift
  case "$preset" in asan | tsan | coverage | fuzz) per_job=$((2 * memory_per_job_mib)) ;; esac
  configure "$preset"
  NINJA_STATUS="[%f/%t] " ninja -C "build/$preset" -j "$(parallel_jobs "$per_job")" "$@"
}

# configure PRESET : only when the answer could be another one than last time
configure() {
  local preset=$1 stamp=build/$1/.configured wish=
  wish="$preset $(cat CMakePresets.json)"
  [ "$preset" != release ] || wish="tests=$(tests_switch) $wish"
  if [ -e "build/$preset/build.ninja" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wish" ]; then return 0; fi
  local options=()
  [ "$preset" != release ] || options+=("-DTAGWERK_TESTS=$(tests_switch)")
  say "configuring build/$preset"
  mkdir -p "build/$preset"
  cmake --preset "$preset" "${options[@]}" >"build/$preset/configure.log" 2>&1 || {
    tail -n 30 "build/$preset/configure.log" >&2
    die "cmake could not configure build/$preset"
  }
  printf '%s\n' "$wish" >"$stamp"
}
