/*
 * A writer to be killed: mortal_writer INSTANCE TAGS SYSV_KEY NOTE. Goes on with the number after
 * the highest in the table, batch after batch, and says "writing" after the first one. NOTE is a
 * file of 8 bytes with the number of the last batch that was committed; it outlives the writer.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "numbered.h"

#define BURST 200

static volatile int64_t* open_note(const char* file) {
  const int descriptor = open(file, O_RDWR);
  void* bytes = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (descriptor < 0 || bytes == MAP_FAILED) {
    perror(file);
    exit(1);
  }
  return bytes;
}

static int64_t highest_number(const char* instance, uint32_t tags) {
  tagwerk_table* table = NULL;
  int64_t highest = 0;
  if (tagwerk_table_open(instance, &table) != TAGWERK_TABLE_OK) exit(numbered_say("open"));
  for (uint32_t tag = 0; tag < tags; ++tag) {
    char path[32];
    char text[NUMBERED_TEXT_BYTES];
    tagwerk_table_handle handle;
    tagwerk_table_value value = {.data = text, .data_capacity = sizeof text};
    snprintf(path, sizeof path, "/T%u", tag);
    if (tagwerk_table_find(table, path, &handle) != TAGWERK_TABLE_OK ||
        tagwerk_table_read(table, &handle, &value) != TAGWERK_TABLE_OK)
      exit(numbered_say(path));
    const int64_t number = numbered_number(tag, &value);
    if (number > highest) highest = number;
  }
  tagwerk_table_close(table);
  return highest;
}

int main(int count, char** words) {
  if (count != 5) return 2;
  const uint32_t tags = (uint32_t)atoi(words[2]);
  volatile int64_t* note = open_note(words[4]);
  tagwerk_table_writer* writer =
      numbered_writer(words[1], tags, (uint32_t)strtoul(words[3], NULL, 0));
  const struct timespec pause = {.tv_nsec = 100000};
  for (int64_t number = highest_number(words[1], tags) + 1, first = number;; ++number) {
    numbered_publish(writer, tags, number);
    *note = number;
    if (number == first) {
      printf("writing\n");
      fflush(stdout);
    }
    if (number % BURST != 0) continue;
    tagwerk_table_heartbeat(writer);
    nanosleep(&pause, NULL); /* for those who read, on a machine with few cores */
  }
}
