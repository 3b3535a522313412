/* Ends a process at the N-th time it changes a file: loaded into it with LD_PRELOAD, for tests of
 * what a sudden death leaves behind. In its environment:
 *
 *   TAGWERK_DIE_AT    N, from 1: killed instead of the N-th change; 0: never, only counted
 *   TAGWERK_DIE_HALF  set: a write is done half before
 *   TAGWERK_DIE_IN    a word of the command line; other processes that inherit the library live on
 *   TAGWERK_DIE_FILE  a part of a path; changes of other files do not count
 *   TAGWERK_DIE_WHEN  a file; changes count from when it is there
 *   TAGWERK_DIE_COUNT a file that has the number of changes so far
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static atomic_long changes;
static long die_at;
static int half;
static int counter = -1;
static const char* only_file;
static const char* when;

static int is_meant(void) {
  const char* word = getenv("TAGWERK_DIE_IN");
  char line[4096];
  FILE* in = fopen("/proc/self/cmdline", "r");
  if (!in || !word) return word == NULL;
  size_t length = fread(line, 1, sizeof line - 1, in);
  fclose(in);
  for (size_t i = 0; i < length; ++i)
    if (line[i] == 0) line[i] = ' ';
  line[length] = 0;
  return strstr(line, word) != NULL;
}

static void show_count(void) {
  char text[32];
  const int length = snprintf(text, sizeof text, "%ld\n", (long)changes);
  if (counter >= 0) (void)!REAL(pwrite)(counter, text, (size_t)length, 0);
}

__attribute__((constructor)) static void begin(void) {
  if (!is_meant()) return;
  const char* at = getenv("TAGWERK_DIE_AT");
  const char* file = getenv("TAGWERK_DIE_COUNT");
  die_at = at ? atol(at) : 0;
  half = getenv("TAGWERK_DIE_HALF") != NULL;
  only_file = getenv("TAGWERK_DIE_FILE");
  when = getenv("TAGWERK_DIE_WHEN");
  if (file) counter = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  show_count();
}

/* True for the call that the process dies at. */
static int is_the_one(const char* path) {
  if (only_file && !strstr(path, only_file)) return 0;
  if (when && access(when, F_OK) != 0) return 0;
  const int is_it = atomic_fetch_add(&changes, 1) + 1 == die_at;
  show_count();
  return is_it;
}
static int is_the_one_at(int descriptor) {
  char link[64];
  char path[4096] = "";
  if (only_file) {
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    (void)!readlink(link, path, sizeof path - 1);
  }
  return is_the_one(path);
}
static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;)
    pause();
}
static int is_file(int descriptor) {
  struct stat status;
  return descriptor != counter && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  if (is_file(descriptor) && is_the_one_at(descriptor)) {
    if (half) REAL(write)(descriptor, bytes, count / 2);
    die();
  }
  return REAL(write)(descriptor, bytes, count);
}
ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t at) {
  if (is_file(descriptor) && is_the_one_at(descriptor)) {
    if (half) REAL(pwrite)(descriptor, bytes, count / 2, at);
    die();
  }
  return REAL(pwrite)(descriptor, bytes, count, at);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off64_t at) {
  if (is_file(descriptor) && is_the_one_at(descriptor)) {
    if (half) REAL(pwrite64)(descriptor, bytes, count / 2, at);
    die();
  }
  return REAL(pwrite64)(descriptor, bytes, count, at);
}

#define DIES_BEFORE(is_it, type, name, parameters, arguments) \
  type name parameters {                                      \
    if (is_it) die();                                         \
    return REAL(name) arguments;                              \
  }

DIES_BEFORE(is_the_one_at(descriptor), int, fsync, (int descriptor), (descriptor))
DIES_BEFORE(is_the_one_at(descriptor), int, fdatasync, (int descriptor), (descriptor))
DIES_BEFORE(is_the_one_at(descriptor), int, ftruncate, (int descriptor, off_t length),
            (descriptor, length))
DIES_BEFORE(is_the_one_at(descriptor), int, ftruncate64, (int descriptor, off64_t length),
            (descriptor, length))
DIES_BEFORE(is_the_one(to), int, rename, (const char* from, const char* to), (from, to))
DIES_BEFORE(is_the_one(to), int, link, (const char* from, const char* to), (from, to))
DIES_BEFORE(is_the_one(path), int, unlink, (const char* path), (path))
