/*
 * Batches whose every value follows from one number, so that a mixture of two shows: three tags of
 * four hold the number, the fourth a text of it whose length changes; the number is also the time.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tagwerk/table.h>

#define NUMBERED_TEXT_BYTES 96u
#define NUMBERED_MOST_TAGS 256u
#define NUMBERED_UNCERTAIN 0x40900000u /* what a taken over table shows until it is published */

static inline int numbered_is_text(uint32_t tag) {
  return tag % 4 == 3;
}

static inline uint32_t numbered_text(int64_t number, char* text) {
  uint32_t length = 0;
  for (int64_t i = 0; i <= number % 4; ++i)
    length +=
        (uint32_t)snprintf(text + length, NUMBERED_TEXT_BYTES - length, "%lld,", (long long)number);
  return length;
}

/* `text` has NUMBERED_TEXT_BYTES and outlives the value. */
static inline tagwerk_table_value numbered_value(uint32_t tag, int64_t number, char* text) {
  tagwerk_table_value value;
  memset(&value, 0, sizeof value);
  value.source_time_ns = value.server_time_ns = number;
  value.type = numbered_is_text(tag) ? TAGWERK_TABLE_STRING : TAGWERK_TABLE_INT;
  value.as_int = number;
  if (!numbered_is_text(tag)) return value;
  value.data = text;
  value.data_length = numbered_text(number, text);
  return value;
}

/* The number of a value that was read; 0 before the first, -1 when it is a mixture. */
static inline int64_t numbered_number(uint32_t tag, const tagwerk_table_value* value) {
  char text[NUMBERED_TEXT_BYTES];
  const int64_t number = value->source_time_ns;
  if (value->type == TAGWERK_TABLE_NULL) return 0;
  if (number != value->server_time_ns && value->quality == 0) return -1;
  if (value->quality != 0 && value->quality != NUMBERED_UNCERTAIN) return -1;
  if (!numbered_is_text(tag))
    return value->type == TAGWERK_TABLE_INT && value->as_int == number ? number : -1;
  if (value->type != TAGWERK_TABLE_STRING || value->data_length != numbered_text(number, text))
    return -1;
  return memcmp(value->data, text, value->data_length) == 0 ? number : -1;
}

static inline int numbered_say(const char* what) {
  fprintf(stderr, "%s: %s\n", what, tagwerk_table_last_error());
  return 1;
}

/* Becomes the writer of an instance, whatever tags it has. */
static inline tagwerk_table_writer* numbered_create(const char* instance, uint32_t tags,
                                                    uint32_t key) {
  tagwerk_table_options options;
  tagwerk_table_writer* writer = NULL;
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.slot_capacity = tags + 8;
  options.area_bytes = 64 * 1024;
  options.group = -1;
  options.sysv_key = key;
  if (tagwerk_table_create(instance, &options, &writer) != TAGWERK_TABLE_OK)
    exit(numbered_say("create"));
  return writer;
}

/* The same, and it has the tags /T0 … then. */
static inline tagwerk_table_writer* numbered_writer(const char* instance, uint32_t tags,
                                                    uint32_t key) {
  tagwerk_table_writer* writer = numbered_create(instance, tags, key);
  for (uint32_t slot = 0; slot < tags; ++slot) {
    char path[32];
    snprintf(path, sizeof path, "/T%u", slot);
    const tagwerk_table_definition definition = {
        .path = path,
        .slot = slot,
        .type = numbered_is_text(slot) ? TAGWERK_TABLE_STRING : TAGWERK_TABLE_INT,
        .area_bytes = numbered_is_text(slot) ? NUMBERED_TEXT_BYTES : 0};
    if (tagwerk_table_define(writer, &definition, NULL) != TAGWERK_TABLE_OK)
      exit(numbered_say(path));
  }
  return writer;
}

/* As one batch. */
static inline void numbered_publish_all(tagwerk_table_writer* writer, uint32_t tags,
                                        const tagwerk_table_value* values) {
  tagwerk_table_begin(writer);
  for (uint32_t slot = 0; slot < tags; ++slot)
    if (tagwerk_table_publish(writer, slot, &values[slot]) != TAGWERK_TABLE_OK)
      exit(numbered_say("publish"));
  tagwerk_table_commit(writer);
}

static inline void numbered_publish(tagwerk_table_writer* writer, uint32_t tags, int64_t number) {
  char texts[NUMBERED_MOST_TAGS][NUMBERED_TEXT_BYTES];
  tagwerk_table_value values[NUMBERED_MOST_TAGS];
  for (uint32_t slot = 0; slot < tags; ++slot)
    values[slot] = numbered_value(slot, number, texts[slot]);
  numbered_publish_all(writer, tags, values);
}

/* Finds /T0 … in a table; 0 while they are not all there. */
static inline int numbered_find(tagwerk_table* table, tagwerk_table_handle* handles,
                                uint32_t tags) {
  for (uint32_t tag = 0; tag < tags; ++tag) {
    char path[32];
    snprintf(path, sizeof path, "/T%u", tag);
    if (tagwerk_table_find(table, path, &handles[tag]) != TAGWERK_TABLE_OK) return 0;
  }
  return 1;
}
