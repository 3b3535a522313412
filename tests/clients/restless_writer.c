/*
 * A writer at full speed for tests: restless_writer INSTANCE TAGS SYSV_KEY. Publishes one number
 * into all tags /T0 … in every batch, round and round; the number is also the source time. Says
 * "writing"; ends with its input.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tagwerk/table.h>

static int say(const char* what) {
  fprintf(stderr, "%s: %s\n", what, tagwerk_table_last_error());
  return 1;
}

static void publish_all(tagwerk_table_writer* writer, uint32_t tags, int64_t number) {
  tagwerk_table_value value;
  memset(&value, 0, sizeof value);
  value.type = TAGWERK_TABLE_INT;
  value.as_int = value.source_time_ns = value.server_time_ns = number;
  tagwerk_table_begin(writer);
  for (uint32_t slot = 0; slot < tags; ++slot)
    tagwerk_table_publish(writer, slot, &value);
  tagwerk_table_commit(writer);
}

int main(int count, char** words) {
  if (count != 4) return 2;
  const uint32_t tags = (uint32_t)atoi(words[2]);
  tagwerk_table_options options;
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.slot_capacity = tags;
  options.group = -1;
  options.sysv_key = (uint32_t)strtoul(words[3], NULL, 0);
  tagwerk_table_writer* writer = NULL;
  if (tagwerk_table_create(words[1], &options, &writer) != TAGWERK_TABLE_OK) return say("create");
  for (uint32_t slot = 0; slot < tags; ++slot) {
    char path[32];
    snprintf(path, sizeof path, "/T%u", slot);
    const tagwerk_table_definition definition = {
        .path = path, .slot = slot, .type = TAGWERK_TABLE_INT};
    if (tagwerk_table_define(writer, &definition, NULL) != TAGWERK_TABLE_OK) return say(path);
  }
  int64_t number = 1;
  publish_all(writer, tags, number);
  printf("writing\n");
  fflush(stdout);
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  while (poll(&input, 1, 0) == 0) {
    for (int round = 0; round < 1000; ++round)
      publish_all(writer, tags, ++number);
    tagwerk_table_heartbeat(writer);
  }
  tagwerk_table_writer_close(writer);
  return 0;
}
