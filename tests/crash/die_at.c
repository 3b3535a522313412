/* Ends a process at the N-th time it changes a file: loaded into it with LD_PRELOAD, for tests of
 * what a sudden death leaves behind. In its environment:
 *
 *   TAGWERK_DIE_AT    N, from 1: killed instead of the N-th change; 0: never, only counted
 *   TAGWERK_DIE_HALF  set: a write is done half before
 *   TAGWERK_DIE_IN    a word of the command line; other processes that inherit the library live on
 *   TAGWERK_DIE_COUNT a file that gets the number of changes when the process ends by itself
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

static atomic_long changes;
static long die_at;
static int half;

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

__attribute__((constructor)) static void begin(void) {
  const char* at = getenv("TAGWERK_DIE_AT");
  die_at = at && is_meant() ? atol(at) : 0;
  half = getenv("TAGWERK_DIE_HALF") != NULL;
}

__attribute__((destructor)) static void end(void) {
  const char* file = getenv("TAGWERK_DIE_COUNT");
  if (!file || !is_meant()) return;
  FILE* out = fopen(file, "w");
  if (!out) return;
  fprintf(out, "%ld\n", (long)changes);
  fclose(out);
}

/* True for the call that the process dies at. */
static int is_the_one(void) {
  return atomic_fetch_add(&changes, 1) + 1 == die_at;
}
static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;)
    pause();
}
static int is_file(int descriptor) {
  struct stat status;
  return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int descriptor, const void* bytes, size_t count) {
  if (is_file(descriptor) && is_the_one()) {
    if (half) REAL(write)(descriptor, bytes, count / 2);
    die();
  }
  return REAL(write)(descriptor, bytes, count);
}
ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t at) {
  if (is_file(descriptor) && is_the_one()) {
    if (half) REAL(pwrite)(descriptor, bytes, count / 2, at);
    die();
  }
  return REAL(pwrite)(descriptor, bytes, count, at);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off64_t at) {
  if (is_file(descriptor) && is_the_one()) {
    if (half) REAL(pwrite64)(descriptor, bytes, count / 2, at);
    die();
  }
  return REAL(pwrite64)(descriptor, bytes, count, at);
}

#define DIES_BEFORE(type, name, parameters, arguments) \
  type name parameters {                               \
    if (is_the_one()) die();                           \
    return REAL(name) arguments;                       \
  }

DIES_BEFORE(int, fsync, (int descriptor), (descriptor))
DIES_BEFORE(int, fdatasync, (int descriptor), (descriptor))
DIES_BEFORE(int, ftruncate, (int descriptor, off_t length), (descriptor, length))
DIES_BEFORE(int, ftruncate64, (int descriptor, off64_t length), (descriptor, length))
DIES_BEFORE(int, rename, (const char* from, const char* to), (from, to))
DIES_BEFORE(int, link, (const char* from, const char* to), (from, to))
DIES_BEFORE(int, unlink, (const char* path), (path))
