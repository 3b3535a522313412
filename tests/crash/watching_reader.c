/*
 * Reads a table all the time while its writers die: watching_reader WHERE TAGS, where WHERE is an
 * instance or a System V key in hex. Says "dead PID" and "alive PID" of the writer, "wrong …" and
 * ends with 1 when a value is a mixture, a batch is not whole or an older value comes back; at
 * SIGTERM "end" with what it has done.
 */
#include <signal.h>
#include <time.h>

#include "numbered.h"

static volatile sig_atomic_t ending;
static struct {
  uint32_t tags;
  tagwerk_table* table;
  tagwerk_table_handle handles[NUMBERED_MOST_TAGS];
  tagwerk_table_value values[NUMBERED_MOST_TAGS];
  char texts[NUMBERED_MOST_TAGS][NUMBERED_TEXT_BYTES];
  int64_t last[NUMBERED_MOST_TAGS]; /* of single reads */
  int64_t last_batch;
  uint32_t pid, alive;
  long single, together, unsteady, reopened;
} self;

static void on_signal(int number) {
  (void)number;
  ending = 1;
}

static void rest(void) {
  const struct timespec pause = {.tv_nsec = 200000};
  nanosleep(&pause, NULL);
}

static void wrong(const char* what, uint32_t tag, int64_t before, int64_t now) {
  printf("wrong: %s, tag %u: %lld after %lld, type %u, quality %08x, %.*s\n", what, tag,
         (long long)now, (long long)before, self.values[tag].type, self.values[tag].quality,
         (int)self.values[tag].data_length, self.texts[tag]);
  exit(1);
}

static void open_table(const char* where) {
  const int by_key = strncmp(where, "0x", 2) == 0;
  while (!ending) {
    tagwerk_table_close(self.table);
    self.table = NULL;
    if ((by_key ? tagwerk_table_open_sysv((uint32_t)strtoul(where, NULL, 16), &self.table)
                : tagwerk_table_open(where, &self.table)) == TAGWERK_TABLE_OK &&
        numbered_find(self.table, self.handles, self.tags))
      return;
    rest();
  }
}

static void prepare(uint32_t tag) {
  self.values[tag].data = self.texts[tag];
  self.values[tag].data_capacity = NUMBERED_TEXT_BYTES;
}

static int read_single(uint32_t tag) {
  prepare(tag);
  const int status = tagwerk_table_read(self.table, &self.handles[tag], &self.values[tag]);
  if (status != TAGWERK_TABLE_OK) return status;
  const int64_t number = numbered_number(tag, &self.values[tag]);
  if (number < self.last[tag]) wrong("a single value", tag, self.last[tag], number);
  self.last[tag] = number;
  ++self.single;
  return status;
}

/* A batch that a dead writer left open is not there until the next one publishes what it found in
 * each tag, which is uncertain: the only mixture there may be, of as many batches as writers died
 * so in a row. */
static int read_together(void) {
  for (uint32_t tag = 0; tag < self.tags; ++tag)
    prepare(tag);
  const int status =
      tagwerk_table_read_many(self.table, self.handles, self.values, self.tags, NULL);
  if (status != TAGWERK_TABLE_OK) return status;
  const int64_t first = numbered_number(0, &self.values[0]);
  int64_t least = first;
  for (uint32_t tag = 0; tag < self.tags; ++tag) {
    const int64_t number = numbered_number(tag, &self.values[tag]);
    if (number < self.last_batch) wrong("a batch", tag, self.last_batch, number);
    if (number != first && self.values[tag].quality != NUMBERED_UNCERTAIN)
      wrong("two batches in one", tag, first, number);
    if (number < least) least = number;
  }
  self.last_batch = least;
  ++self.together;
  return status;
}

static int look(void) {
  for (uint32_t tag = 0; tag < self.tags; ++tag) {
    const int status = read_single(tag);
    if (status == TAGWERK_TABLE_UNSTEADY)
      ++self.unsteady;
    else if (status != TAGWERK_TABLE_OK)
      return status;
  }
  const int status = read_together();
  if (status != TAGWERK_TABLE_UNSTEADY) return status;
  ++self.unsteady;
  return TAGWERK_TABLE_OK;
}

static void watch_the_writer(void) {
  tagwerk_table_information information;
  if (tagwerk_table_get_info(self.table, &information) != TAGWERK_TABLE_OK) return;
  if (information.writer_pid == self.pid && information.writer_alive == self.alive) return;
  self.pid = information.writer_pid;
  self.alive = information.writer_alive;
  printf("%s %u\n", self.alive ? "alive" : "dead", self.pid);
  fflush(stdout);
}

int main(int count, char** words) {
  if (count != 3 || (self.tags = (uint32_t)atoi(words[2])) > NUMBERED_MOST_TAGS) return 2;
  signal(SIGTERM, on_signal);
  open_table(words[1]);
  while (!ending) {
    const int status = look();
    watch_the_writer();
    if (status == TAGWERK_TABLE_OK) {
      rest();
    } else if (status == TAGWERK_TABLE_REPLACED) {
      ++self.reopened;
      open_table(words[1]);
    } else {
      printf("wrong: %s\n", tagwerk_table_last_error());
      return 1;
    }
  }
  printf("end %ld %ld %ld %ld\n", self.single, self.together, self.unsteady, self.reopened);
  tagwerk_table_close(self.table);
  return 0;
}
