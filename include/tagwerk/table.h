#pragma once

/*
 * The current values of a plant in shared memory: the latest value of every tag, and nothing else.
 *
 * One process writes, any number read. Readers map the segment read-only: they can neither damage
 * the table nor hold up its writer, and a writer that dies in the middle of a store holds up
 * nobody. The segment outlives its writer. The bytes are described in docs/formats/table.md.
 *
 * A table is a POSIX segment (/dev/shm/tagwerk.INSTANCE) and, where its writer was given a key, a
 * System V segment beside it: a copy of its own with the same tags and values, for those who cannot
 * open the other. A reader takes either; everything but open is the same.
 *
 *     tagwerk_table *table;
 *     tagwerk_table_handle pressure;
 *     tagwerk_table_value value = {0};
 *     if (tagwerk_table_open("plant", &table) != TAGWERK_TABLE_OK)
 *       die(tagwerk_table_last_error());
 *     if (tagwerk_table_find(table, "/Pump1/Pressure", &pressure) == TAGWERK_TABLE_OK &&
 *         tagwerk_table_read(table, &pressure, &value) == TAGWERK_TABLE_OK)
 *       printf("%f, quality %08x\n", value.as_float, value.quality);
 *     tagwerk_table_close(table);
 *
 * Threads: a table may be read from any number of threads, a handle belongs to one thread at a
 * time; a writer belongs to one thread. Memory:  open and create allocate; define, rename and
 * undefine may. Nothing else does. Signals: a call interrupted by a signal goes on by itself. Fork:
 * a child must neither use nor close what its parent opened.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Structs and functions of this header. A library accepts what was compiled for its own number or a
 * lower one. 2 added: open_sysv, options.sysv_key, information.sysv_key; and what is replaced says
 * so in find, read, read_many and next, too.
 */
#define TAGWERK_TABLE_ABI_VERSION 2u
uint32_t tagwerk_table_abi_version(void);

typedef struct tagwerk_table tagwerk_table;
typedef struct tagwerk_table_writer tagwerk_table_writer;

typedef enum tagwerk_table_status {
  TAGWERK_TABLE_OK = 0,
  TAGWERK_TABLE_NOT_FOUND = 1,     /* no tag of this path */
  TAGWERK_TABLE_GONE = 2,          /* the handle's tag was removed or moved: find it again */
  TAGWERK_TABLE_UNSTEADY = 3,      /* the values changed faster than they could be read together */
  TAGWERK_TABLE_TIMEOUT = 4,       /* nothing changed in time */
  TAGWERK_TABLE_END = 5,           /* iteration: no further tag */
  TAGWERK_TABLE_NO_TABLE = 6,      /* no segment of this instance or key */
  TAGWERK_TABLE_NO_PERMISSION = 7, /* the segment's mode and group exclude this process */
  TAGWERK_TABLE_DAMAGED = 8,       /* the bytes are not a whole table */
  TAGWERK_TABLE_WRONG_VERSION = 9, /* the table's layout is not the one this library knows */
  TAGWERK_TABLE_NOT_READY = 10,    /* the segment is being created */
  TAGWERK_TABLE_REPLACED = 11,     /* a new segment took this one's place: open again */
  TAGWERK_TABLE_HELD = 12,         /* another process writes this table */
  TAGWERK_TABLE_FULL = 13,         /* no free slot, area or shared memory */
  TAGWERK_TABLE_TOO_LARGE = 14, /* the value does not fit the tag's area or the caller's buffer */
  TAGWERK_TABLE_TAKEN = 15,     /* path or slot belong to another tag, the key to another segment */
  TAGWERK_TABLE_INVALID = 16,   /* an argument is outside what this header allows */
  TAGWERK_TABLE_NO_MEMORY = 17,
  TAGWERK_TABLE_SYSTEM = 18 /* the operating system refused; last_error says what */
} tagwerk_table_status;

/* What the status means and what to do about it. Never NULL. */
const char* tagwerk_table_strerror(int status);
/* The sentence of the calling thread's last failed call: it names the instance, tag, process or
 * number. */
const char* tagwerk_table_last_error(void);

typedef enum tagwerk_table_type {
  TAGWERK_TABLE_NULL = 0, /* unknown */
  TAGWERK_TABLE_BOOL = 1,
  TAGWERK_TABLE_INT = 2,
  TAGWERK_TABLE_FLOAT = 3,
  TAGWERK_TABLE_STRING = 4,      /* data: UTF-8 without terminator */
  TAGWERK_TABLE_JSON = 5,        /* data: UTF-8 text */
  TAGWERK_TABLE_BOOL_ARRAY = 6,  /* data: a byte 0 or 1 each */
  TAGWERK_TABLE_INT_ARRAY = 7,   /* data: int64_t each */
  TAGWERK_TABLE_FLOAT_ARRAY = 8, /* data: double each */
  TAGWERK_TABLE_STRING_ARRAY =
      9 /* data: uint32_t length and that many bytes each, without padding */
} tagwerk_table_type;

/* A tag that was found. Filled by find and next; read may refresh it. */
typedef struct tagwerk_table_handle {
  uint64_t tag_id;
  uint64_t directory; /* the directory this handle was checked against */
  uint32_t slot;
  uint32_t reserved;
} tagwerk_table_handle;

/* The time of a value that never was (source_time_ns of a tag never read). */
#define TAGWERK_TABLE_NEVER INT64_MIN

typedef struct tagwerk_table_value {
  uint32_t type;          /* tagwerk_table_type */
  uint32_t quality;       /* OPC UA StatusCode, 0 = Good */
  int64_t source_time_ns; /* since 1970-01-01 UTC */
  int64_t server_time_ns; /* publish: 0 = the time of the batch */
  uint64_t number;        /* the publish that brought it: higher = later; read only */
  union {
    uint8_t as_bool;
    int64_t as_int;
    double as_float;
    uint64_t as_bits;
  };
  void* data;             /* strings, json, arrays. read: the caller's buffer, or NULL to skip */
  uint32_t data_capacity; /* read: bytes at data */
  uint32_t data_length;   /* bytes of the value; read sets it even where the buffer is too small */
} tagwerk_table_value;

/* ---- reading --------------------------------------------------------------------------------- */

int tagwerk_table_open(const char* instance, tagwerk_table** table);
/* The same table by the key of its System V segment, which is never 0. */
int tagwerk_table_open_sysv(uint32_t key, tagwerk_table** table);
void tagwerk_table_close(tagwerk_table* table); /* NULL is allowed */

int tagwerk_table_find(tagwerk_table* table, const char* path, tagwerk_table_handle* handle);

/*
 * The newest whole value. Set data and data_capacity before (0 for a tag that is a number).
 * GONE, TOO_LARGE (everything but the bytes is filled in), UNSTEADY (the writer overtook 10,000
 * attempts), REPLACED.
 */
int tagwerk_table_read(tagwerk_table* table, tagwerk_table_handle* handle,
                       tagwerk_table_value* value);

/*
 * Many tags as they were after one and the same batch. A bounded number of attempts, then UNSTEADY:
 * each value is whole then, yet they may be of different batches. GONE, TOO_LARGE and REPLACED as
 * for read, *failed (may be NULL) says at which index.
 */
int tagwerk_table_read_many(tagwerk_table* table, tagwerk_table_handle* handles,
                            tagwerk_table_value* values, size_t count, size_t* failed);

/*
 * Sleeps until a batch after number *seen was committed, at most timeout_ms (-1 = for ever), and
 * sets *seen to it. Start with 0: the first call returns at once. A writer that is killed wakes
 * nobody: use a timeout and look at tagwerk_table_get_info. TIMEOUT, REPLACED.
 */
int tagwerk_table_wait_changed(tagwerk_table* table, uint64_t* seen, int timeout_ms);

typedef struct tagwerk_table_tag {
  tagwerk_table_handle handle;
  uint32_t type;          /* as declared; a value may be NULL all the same */
  uint32_t area_bytes;    /* largest string or array, 0 for numbers */
  char* path;             /* the caller's buffer or NULL; terminated */
  uint32_t path_capacity; /* bytes at path; TAGWERK_TABLE_PATH_MAX + 1 always suffice */
  uint32_t path_length;
} tagwerk_table_tag;
#define TAGWERK_TABLE_PATH_MAX 1023

/* The next tag at or after *cursor (start with 0), in the order of slots. END after the last. */
int tagwerk_table_next(tagwerk_table* table, uint32_t* cursor, tagwerk_table_tag* tag);

typedef struct tagwerk_table_information {
  char instance[64];
  uint32_t layout_version;
  uint32_t writer_pid;   /* 0 = closed properly, nobody writes */
  uint32_t writer_alive; /* 1 = that very process lives (a reused pid does not count) */
  uint32_t replaced;     /* 1 = open again */
  uint32_t removed;      /* 1 = the name is gone; this mapping stays readable */
  uint32_t slot_capacity;
  uint32_t tag_count;
  uint32_t owner_uid;
  uint32_t mode;
  uint32_t sysv_key;   /* of the System V segment beside the POSIX one, 0 = there is none */
  uint64_t generation; /* a step for every writer that took the table over */
  uint64_t directory;  /* changes when tags are added, removed or renamed */
  uint64_t publish;    /* number of the last committed batch */
  int64_t heartbeat_age_ns;
  int64_t heartbeat_utc_ns;
  uint64_t segment_bytes; /* as reserved */
  uint64_t used_bytes;    /* memory that is really taken */
  uint64_t area_bytes;
} tagwerk_table_information;

int tagwerk_table_get_info(tagwerk_table* table, tagwerk_table_information* information);

/* ---- writing --------------------------------------------------------------------------------- */

typedef struct tagwerk_table_options {
  uint32_t size;          /* sizeof(tagwerk_table_options) */
  uint32_t slot_capacity; /* 0 = 262,144; address space is reserved, memory is taken as tags come */
  uint64_t area_bytes;    /* strings, arrays and paths; 0 = 256 MiB, taken as tags come */
  uint32_t mode;          /* 0 = 0644; of both segments */
  int32_t group;          /* gid, -1 = leave */
  uint32_t sysv_key;      /* ABI 2: also a System V segment with this key; 0 = none */
  uint32_t reserved;      /* 0 */
} tagwerk_table_options;

/*
 * Becomes the writer of the instance: makes the segment or takes it over. Tags and values that are
 * there stay, with quality UncertainLastUsableValue (0x40900000) unless it was bad, until they are
 * published again. A segment that is too small, damaged or of another layout is replaced (its
 * readers see REPLACED). HELD: last_error names the process. TAKEN: sysv_key is that of a segment
 * which is not this instance's. A System V segment under a key used before is removed. options may
 * be NULL.
 */
int tagwerk_table_create(const char* instance, const tagwerk_table_options* options,
                         tagwerk_table_writer** writer);
/* Leaves the segments and their values where they are. */
void tagwerk_table_writer_close(tagwerk_table_writer* writer);
/*
 * Takes the name away, and the instance's System V segments; readers keep what they have mapped.
 * HELD, NO_TABLE, NO_PERMISSION.
 */
int tagwerk_table_remove(const char* instance);

#define TAGWERK_TABLE_ANY_SLOT UINT32_MAX

typedef struct tagwerk_table_definition {
  const char* path; /* "/Pump1/Pressure" */
  uint64_t tag_id;  /* 0 = as before for this path, else a fresh one */
  uint32_t slot;    /* or TAGWERK_TABLE_ANY_SLOT */
  uint32_t type;
  uint32_t area_bytes; /* largest string or array in bytes; 0 = 256 where the type needs one */
  uint32_t reserved;
} tagwerk_table_definition;

/*
 * Adds the tag or changes it: the same tag_id under another path is renamed and keeps its value, in
 * another slot it moves. *slot (may be NULL) is what publish takes. TAKEN, FULL, INVALID.
 */
int tagwerk_table_define(tagwerk_table_writer* writer, const tagwerk_table_definition* definition,
                         uint32_t* slot);
int tagwerk_table_undefine(tagwerk_table_writer* writer, uint32_t slot);

/*
 * Between begin and commit publishes belong together: one step of the publish number, one wake-up
 * of those who wait. A publish outside is a batch of its own. Publish a tag at most once per batch:
 * otherwise read_many has to wait for the commit. TOO_LARGE leaves the old value; NOT_FOUND: no tag
 * in that slot.
 */
int tagwerk_table_begin(tagwerk_table_writer* writer);
int tagwerk_table_publish(tagwerk_table_writer* writer, uint32_t slot,
                          const tagwerk_table_value* value);
int tagwerk_table_commit(tagwerk_table_writer* writer);

/*
 * Call it at least once a second, also when nothing changes. It also looks after the System V
 * segment: one that somebody removed is made again.
 */
int tagwerk_table_heartbeat(tagwerk_table_writer* writer);

#ifdef __cplusplus
}
#endif
