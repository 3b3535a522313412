/*
 * Reads tags from shared memory, by the instance's name and by the key of its System V segment:
 *
 *     cc -o read_table read_table.c $(pkg-config --cflags --libs tagwerk-table)
 *     ./read_table INSTANCE /Plant/PumpHouse/Pressure ...
 *     ./read_table 0x54570001 /Plant/PumpHouse/Pressure ...
 *
 * All values are of one moment. Ends with 0 when they were read, 1 when not, 2 when called wrongly.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tagwerk/table.h>

enum { kMostTags = 100, kTextBytes = 256 };

static int say(const char* what) {
  fprintf(stderr, "%s: %s\n", what, tagwerk_table_last_error());
  return EXIT_FAILURE;
}

/* A name, or a key that begins with 0x. */
static int open_table(const char* word, tagwerk_table** table) {
  if (strncmp(word, "0x", 2) == 0)
    return tagwerk_table_open_sysv((uint32_t)strtoul(word, NULL, 16), table);
  return tagwerk_table_open(word, table);
}

static void print_value(const char* path, const tagwerk_table_value* value) {
  printf("%s ", path);
  switch (value->type) {
    case TAGWERK_TABLE_NULL:
      printf("null");
      break;
    case TAGWERK_TABLE_BOOL:
      printf("%s", value->as_bool ? "true" : "false");
      break;
    case TAGWERK_TABLE_INT:
      printf("%" PRId64, value->as_int);
      break;
    case TAGWERK_TABLE_FLOAT:
      printf("%.17g", value->as_float);
      break;
    case TAGWERK_TABLE_STRING:
    case TAGWERK_TABLE_JSON:
      printf("%.*s", (int)value->data_length, (const char*)value->data);
      break;
    default:
      printf("(array of %u bytes)", value->data_length);
  }
  printf(" quality %08x\n", value->quality);
}

static int read_tags(tagwerk_table* table, char** paths, size_t count) {
  tagwerk_table_handle handles[kMostTags];
  tagwerk_table_value values[kMostTags];
  static char texts[kMostTags][kTextBytes];
  size_t failed = 0;
  memset(values, 0, sizeof values);
  for (size_t i = 0; i < count; ++i) {
    if (tagwerk_table_find(table, paths[i], &handles[i]) != TAGWERK_TABLE_OK) return say(paths[i]);
    values[i].data = texts[i];
    values[i].data_capacity = kTextBytes;
  }
  const int status = tagwerk_table_read_many(table, handles, values, count, &failed);
  if (status == TAGWERK_TABLE_UNSTEADY)
    fprintf(stderr, "not of one moment: %s\n", tagwerk_table_last_error());
  else if (status != TAGWERK_TABLE_OK)
    return say(paths[failed]);
  for (size_t i = 0; i < count; ++i)
    print_value(paths[i], &values[i]);
  return EXIT_SUCCESS;
}

int main(int count, char** words) {
  if (count < 3 || count - 2 > kMostTags) {
    fprintf(stderr, "usage: %s INSTANCE|0xKEY PATH... (at most %d)\n", words[0], kMostTags);
    return 2;
  }
  tagwerk_table* table = NULL;
  if (open_table(words[1], &table) != TAGWERK_TABLE_OK) return say(words[1]);
  tagwerk_table_information information;
  tagwerk_table_get_info(table, &information);
  if (!information.writer_alive) fprintf(stderr, "nobody writes this table: old values\n");
  const int ended = read_tags(table, words + 2, (size_t)count - 2);
  tagwerk_table_close(table);
  return ended;
}
