/*
 * A writer of a table that dies between any two stores: die_between_stores WHAT INSTANCE SYSV_KEY.
 *
 * WHAT is a batch ("publish"), or tags that come, grow, are renamed and go ("tags"). A child does
 * it with both segments write-protected: each store is a fault, is let through by itself and
 * counted. One child dies before its first store, a new one before the second, and so on until one
 * lives to its end. For each death it says "died N" with the number of stores made, waits for a
 * line while somebody looks, and the next writer takes the table over and puts it in order. At
 * last: "N stores".
 */
#if !defined(__x86_64__)
int main(void) {
  return 77; /* the trap flag, by which one instruction runs alone, is this processor's */
}
#else
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "numbered.h"

#define TAGS 6u
#define TRAP_FLAG 0x100

static const char* instance;
static uint32_t key;

/* ---- its stores, one by one --------------------------------------------------------------------
 */

static struct {
  char* begin;
  size_t size;
} segments[2];
static int stores, die_after;

static void find_segments(void) {
  char line[512];
  char names[2][96];
  snprintf(names[0], sizeof names[0], "/dev/shm/tagwerk.%s\n", instance);
  snprintf(names[1], sizeof names[1], "/SYSV%08x ", key);
  FILE* maps = fopen("/proc/self/maps", "r");
  while (maps && fgets(line, sizeof line, maps)) {
    unsigned long begin = 0;
    unsigned long end = 0;
    for (int i = 0; i < 2; ++i)
      if (strstr(line, names[i]) && sscanf(line, "%lx-%lx", &begin, &end) == 2) {
        segments[i].begin = (char*)begin;
        segments[i].size = end - begin;
      }
  }
  if (maps) fclose(maps);
  if (!segments[0].begin || !segments[1].begin) {
    fprintf(stderr, "the writer has not mapped both segments\n");
    exit(1);
  }
}

static void protect(int protection) {
  for (int i = 0; i < 2; ++i)
    (void)mprotect(segments[i].begin, segments[i].size, protection);
}

static void on_store(int number, siginfo_t* what, void* context) {
  const char* at = what->si_addr;
  int is_store = 0;
  for (int i = 0; i < 2; ++i)
    is_store |= at >= segments[i].begin && at < segments[i].begin + segments[i].size;
  if (!is_store) {
    signal(number, SIG_DFL);
    return;
  }
  if (stores++ == die_after) kill(getpid(), SIGKILL);
  protect(PROT_READ | PROT_WRITE);
  ((ucontext_t*)context)->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void after_store(int number, siginfo_t* what, void* context) {
  (void)number;
  (void)what;
  protect(PROT_READ);
  ((ucontext_t*)context)->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

static void count_stores(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = on_store;
  sigaction(SIGSEGV, &action, NULL);
  action.sa_sigaction = after_store;
  sigaction(SIGTRAP, &action, NULL);
  find_segments();
  protect(PROT_READ);
}

/* ---- what the child does -----------------------------------------------------------------------
 */

/* The batch that is there when the child that dies after so many stores begins; it publishes the
 * next one. Each child has other numbers, so that every store changes something, of the same
 * length, so that all have the same stores. */
static int64_t number_of(int store) {
  return 1002 + 8 * store;
}

static int fail(const char* what, int64_t number) {
  printf("wrong: %s %lld\n", what, (long long)number);
  fflush(stdout);
  return 1;
}

static int define(tagwerk_table_writer* writer, const char* path, uint64_t id, uint32_t slot,
                  uint32_t bytes) {
  const tagwerk_table_definition definition = {
      .path = path, .tag_id = id, .slot = slot, .type = TAGWERK_TABLE_STRING, .area_bytes = bytes};
  return tagwerk_table_define(writer, &definition, NULL);
}

static int change_tags(tagwerk_table_writer* writer, uint64_t third) {
  return define(writer, "/New", 0, TAGWERK_TABLE_ANY_SLOT, 32) != TAGWERK_TABLE_OK ||
         define(writer, "/Renamed", third, 3, NUMBERED_TEXT_BYTES) != TAGWERK_TABLE_OK ||
         define(writer, "/Renamed", third, 3, 4 * NUMBERED_TEXT_BYTES) != TAGWERK_TABLE_OK ||
         tagwerk_table_undefine(writer, 5) != TAGWERK_TABLE_OK;
}

static tagwerk_table* open_table(void) {
  tagwerk_table* table = NULL;
  if (tagwerk_table_open(instance, &table) != TAGWERK_TABLE_OK) exit(numbered_say("open"));
  return table;
}

/* What the dead writer before left is taken over: each tag has the batch before its death, or of
 * the one that it died in. */
static void check_what_is_left(int64_t before) {
  tagwerk_table* table = open_table();
  tagwerk_table_handle handles[TAGS];
  if (!numbered_find(table, handles, TAGS)) exit(numbered_say("find"));
  for (uint32_t tag = 0; tag < TAGS; ++tag) {
    char text[NUMBERED_TEXT_BYTES];
    tagwerk_table_value value = {.data = text, .data_capacity = sizeof text};
    if (tagwerk_table_read(table, &handles[tag], &value) != TAGWERK_TABLE_OK)
      exit(numbered_say("read"));
    const int64_t number = numbered_number(tag, &value);
    if (number != before && number != before + 1) exit(fail("a value that was taken over", number));
    if (value.quality != NUMBERED_UNCERTAIN) exit(fail("the quality", value.quality));
  }
  tagwerk_table_close(table);
}

/* The same for tags: all of them can be removed. */
static void remove_all(void) {
  tagwerk_table_writer* writer = numbered_create(instance, TAGS, key);
  tagwerk_table_information information;
  tagwerk_table* table = open_table();
  tagwerk_table_tag tag = {.path = NULL};
  for (uint32_t cursor = 0; tagwerk_table_next(table, &cursor, &tag) == TAGWERK_TABLE_OK;)
    if (tagwerk_table_undefine(writer, tag.handle.slot) != TAGWERK_TABLE_OK)
      exit(numbered_say("undefine"));
  tagwerk_table_get_info(table, &information);
  if (information.tag_count != 0) exit(fail("tags that stay", information.tag_count));
  tagwerk_table_close(table);
  tagwerk_table_writer_close(writer);
}

static uint64_t id_of(const char* path) {
  tagwerk_table* table = open_table();
  tagwerk_table_handle handle;
  if (tagwerk_table_find(table, path, &handle) != TAGWERK_TABLE_OK) exit(numbered_say(path));
  tagwerk_table_close(table);
  return handle.tag_id;
}

static void child(int publishes, int store) {
  if (!publishes && store > 0) remove_all();
  tagwerk_table_writer* writer = numbered_writer(instance, TAGS, key);
  if (publishes && store > 0) check_what_is_left(number_of(store - 1));
  const uint64_t third = id_of("/T3");
  numbered_publish(writer, TAGS, number_of(store));
  die_after = store;
  count_stores();
  if (publishes)
    numbered_publish(writer, TAGS, number_of(store) + 1);
  else if (change_tags(writer, third) != 0)
    exit(numbered_say("a change of tags"));
  printf("%d stores\n", stores);
  fflush(stdout);
  _exit(0);
}

/* True while there was still a store to die before. */
static int die_at(int publishes, int store) {
  int status = 0;
  fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) child(publishes, store);
  if (waitpid(pid, &status, 0) != pid) exit(1);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return 1;
  exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

int main(int count, char** words) {
  char line[8];
  if (count != 4) return 2;
  const int publishes = strcmp(words[1], "publish") == 0;
  instance = words[2];
  key = (uint32_t)strtoul(words[3], NULL, 0);
  for (int store = 0; die_at(publishes, store); ++store) {
    printf("died %d\n", store);
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin)) return 1;
  }
}
#endif
