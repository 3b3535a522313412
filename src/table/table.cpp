#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>

#include <tagwerk/table.h>

#include "table/reader.hpp"
#include "table/writer.hpp"

/// The C ABI of include/tagwerk/table.h over Reader and Writer.
struct tagwerk_table {
  tagwerk::table::Reader reader;
};

struct tagwerk_table_writer {
  std::unique_ptr<tagwerk::table::Writer> writer;
};

namespace {

using namespace tagwerk;         // NOLINT: this file is the C face of it
using namespace tagwerk::table;  // NOLINT

thread_local char last_error[512];

int refuse(int status, std::string_view text) {
  const auto size = std::min(text.size(), sizeof last_error - 1);
  std::memcpy(last_error, text.data(), size);
  last_error[size] = '\0';
  return status;
}

int refuse(int status) {
  return refuse(status, tagwerk_table_strerror(status));
}

/// What an error code means where a segment is opened or made.
int opening_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::not_found:
      return TAGWERK_TABLE_NO_TABLE;
    case ErrorCode::permission_denied:
      return TAGWERK_TABLE_NO_PERMISSION;
    case ErrorCode::corrupt:
      return TAGWERK_TABLE_DAMAGED;
    case ErrorCode::unavailable:
      return TAGWERK_TABLE_NOT_READY;
    case ErrorCode::invalid_argument:
      return TAGWERK_TABLE_INVALID;
    case ErrorCode::limit_exceeded:
      return TAGWERK_TABLE_FULL;
    default:
      return TAGWERK_TABLE_SYSTEM;
  }
}

/// And where tags are defined or published.
int tag_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::not_found:
      return TAGWERK_TABLE_NOT_FOUND;
    case ErrorCode::already_exists:
      return TAGWERK_TABLE_TAKEN;
    case ErrorCode::limit_exceeded:
      return TAGWERK_TABLE_FULL;
    case ErrorCode::invalid_argument:
      return TAGWERK_TABLE_INVALID;
    default:
      return TAGWERK_TABLE_SYSTEM;
  }
}

int answer(int status) {
  return status == TAGWERK_TABLE_OK ? status : refuse(status);
}

bool is_end_of_story(int status) {
  return status == TAGWERK_TABLE_OK || status == TAGWERK_TABLE_TIMEOUT ||
         status == TAGWERK_TABLE_END;
}
/// Timeouts and ends are no failures: they leave last_error alone.
int answer_quietly(int status) {
  return is_end_of_story(status) ? status : refuse(status);
}

/// Runs what may allocate; no exception leaves the library.
template <class Function>
int guarded(Function function) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return refuse(TAGWERK_TABLE_NO_MEMORY);
  }
}

int give(Result<Reader> reader, tagwerk_table** table) {
  if (!reader) {
    const auto code = reader.error().code;
    return refuse(code == ErrorCode::conflict ? TAGWERK_TABLE_WRONG_VERSION : opening_status(code),
                  reader.error().message);
  }
  *table = new tagwerk_table{std::move(*reader)};
  return TAGWERK_TABLE_OK;
}

/// What programs compiled for ABI 1 have of the options.
constexpr uint32_t kOptionsBytesOfAbi1 = offsetof(tagwerk_table_options, sysv_key);

WriterOptions options_from(const tagwerk_table_options& given) {
  WriterOptions options;
  if (given.slot_capacity != 0) options.slot_capacity = given.slot_capacity;
  if (given.area_bytes != 0) options.area_bytes = given.area_bytes;
  if (given.mode != 0) options.mode = given.mode;
  options.group = given.group;
  if (given.size >= sizeof(tagwerk_table_options)) options.sysv_key = given.sysv_key;
  return options;
}

bool is_data_sound(const tagwerk_table_value& value) {
  if (value.type >= kTypeCount) return false;
  if (!needs_area(static_cast<model::Type>(value.type))) return true;
  if (value.data == nullptr && value.data_length != 0) return false;
  return value.type < TAGWERK_TABLE_INT_ARRAY || value.type > TAGWERK_TABLE_FLOAT_ARRAY ||
         value.data_length % 8 == 0;
}

RawValue raw_value(const tagwerk_table_value& value) {
  const auto type = static_cast<model::Type>(value.type);
  RawValue raw{
      {.type = type,
       .quality = value.quality,
       .bits = type == model::Type::boolean ? (value.as_bool != 0 ? 1U : 0U) : value.as_bits,
       .source_ns = value.source_time_ns,
       .server_ns = value.server_time_ns == 0 ? TAGWERK_TABLE_NEVER : value.server_time_ns},
      {}};
  if (type == model::Type::null || needs_area(type)) raw.current.bits = 0;
  if (needs_area(type)) raw.bytes = {static_cast<const std::byte*>(value.data), value.data_length};
  return raw;
}

}  // namespace

uint32_t tagwerk_table_abi_version(void) {
  return TAGWERK_TABLE_ABI_VERSION;
}

const char* tagwerk_table_last_error(void) {
  return last_error;
}

const char* tagwerk_table_strerror(int status) {
  switch (status) {
    case TAGWERK_TABLE_OK:
      return "done";
    case TAGWERK_TABLE_NOT_FOUND:
      return "no such tag; check the path, or define the tag first";
    case TAGWERK_TABLE_GONE:
      return "the tag was removed or moved; find it again";
    case TAGWERK_TABLE_UNSTEADY:
      return "the values change too fast to be read together; try again";
    case TAGWERK_TABLE_TIMEOUT:
      return "nothing changed in time; look whether the writer is alive";
    case TAGWERK_TABLE_END:
      return "no further tag";
    case TAGWERK_TABLE_NO_TABLE:
      return "no table of this instance or key; start its writer";
    case TAGWERK_TABLE_NO_PERMISSION:
      return "the table's mode or group exclude this user; change them at its writer";
    case TAGWERK_TABLE_DAMAGED:
      return "the table is damaged; restart its writer, which makes it anew";
    case TAGWERK_TABLE_WRONG_VERSION:
      return "the table has another layout; use programs of one Tagwerk release";
    case TAGWERK_TABLE_NOT_READY:
      return "the table is being made; try again";
    case TAGWERK_TABLE_REPLACED:
      return "a new table took this one's place; close and open again";
    case TAGWERK_TABLE_HELD:
      return "another process writes this table; stop it first";
    case TAGWERK_TABLE_FULL:
      return "no slot, area or shared memory left; create the table larger, or make /dev/shm "
             "larger";
    case TAGWERK_TABLE_TOO_LARGE:
      return "the value is larger than the tag's area or the buffer; enlarge it";
    case TAGWERK_TABLE_TAKEN:
      return "path or slot belong to another tag, undefine that first; or the System V key to "
             "another "
             "segment, use another key";
    case TAGWERK_TABLE_INVALID:
      return "an argument is not allowed; see tagwerk/table.h";
    case TAGWERK_TABLE_NO_MEMORY:
      return "no memory left";
    case TAGWERK_TABLE_SYSTEM:
      return "the operating system refused; see tagwerk_table_last_error";
    default:
      return "unknown status; program and library are of different releases";
  }
}

int tagwerk_table_open(const char* instance, tagwerk_table** table) {
  if (instance == nullptr || table == nullptr) return refuse(TAGWERK_TABLE_INVALID);
  return guarded([&] { return give(Reader::open(instance), table); });
}

int tagwerk_table_open_sysv(uint32_t key, tagwerk_table** table) {
  if (key == 0 || table == nullptr) return refuse(TAGWERK_TABLE_INVALID);
  return guarded([&] { return give(Reader::open_sysv(key), table); });
}

void tagwerk_table_close(tagwerk_table* table) {
  delete table;
}

int tagwerk_table_find(tagwerk_table* table, const char* path, tagwerk_table_handle* handle) {
  if (table == nullptr || path == nullptr || handle == nullptr)
    return refuse(TAGWERK_TABLE_INVALID);
  return answer(find_tag(table->reader.view(), path, *handle));
}

int tagwerk_table_read(tagwerk_table* table, tagwerk_table_handle* handle,
                       tagwerk_table_value* value) {
  if (table == nullptr || handle == nullptr || value == nullptr)
    return refuse(TAGWERK_TABLE_INVALID);
  return answer(read_tag(table->reader.view(), *handle, *value));
}

int tagwerk_table_read_many(tagwerk_table* table, tagwerk_table_handle* handles,
                            tagwerk_table_value* values, size_t count, size_t* failed) {
  if (table == nullptr || ((handles == nullptr || values == nullptr) && count > 0))
    return refuse(TAGWERK_TABLE_INVALID);
  std::size_t at = 0;
  const int status = read_tags(table->reader.view(), {handles, count}, {values, count}, at);
  if (failed != nullptr) *failed = at;
  return answer(status);
}

int tagwerk_table_wait_changed(tagwerk_table* table, uint64_t* seen, int timeout_ms) {
  if (table == nullptr || seen == nullptr) return refuse(TAGWERK_TABLE_INVALID);
  return answer_quietly(wait_for_commit(table->reader.view(), *seen, timeout_ms));
}

int tagwerk_table_next(tagwerk_table* table, uint32_t* cursor, tagwerk_table_tag* tag) {
  if (table == nullptr || cursor == nullptr || tag == nullptr) return refuse(TAGWERK_TABLE_INVALID);
  return answer_quietly(next_tag(table->reader.view(), *cursor, *tag));
}

int tagwerk_table_get_info(tagwerk_table* table, tagwerk_table_information* information) {
  if (table == nullptr || information == nullptr) return refuse(TAGWERK_TABLE_INVALID);
  *information = table->reader.information();
  return TAGWERK_TABLE_OK;
}

int tagwerk_table_create(const char* instance, const tagwerk_table_options* options,
                         tagwerk_table_writer** writer) {
  if (instance == nullptr || writer == nullptr) return refuse(TAGWERK_TABLE_INVALID);
  if (options != nullptr && options->size < kOptionsBytesOfAbi1)
    return refuse(TAGWERK_TABLE_INVALID, "options.size: set it to sizeof(tagwerk_table_options)");
  return guarded([&]() -> int {
    auto made =
        Writer::create(instance, options != nullptr ? options_from(*options) : WriterOptions{});
    if (!made) {
      const auto code = made.error().code;
      return refuse(code == ErrorCode::conflict ? TAGWERK_TABLE_HELD : opening_status(code),
                    made.error().message);
    }
    if (const auto& sysv = (*made)->sysv_status(); !sysv)
      return refuse(sysv.error().code == ErrorCode::already_exists
                        ? TAGWERK_TABLE_TAKEN
                        : opening_status(sysv.error().code),
                    sysv.error().message);
    *writer = new tagwerk_table_writer{std::move(*made)};
    return TAGWERK_TABLE_OK;
  });
}

void tagwerk_table_writer_close(tagwerk_table_writer* writer) {
  delete writer;
}

int tagwerk_table_remove(const char* instance) {
  if (instance == nullptr) return refuse(TAGWERK_TABLE_INVALID);
  return guarded([&]() -> int {
    const auto removed = remove_table(instance);
    if (removed) return TAGWERK_TABLE_OK;
    const auto code = removed.error().code;
    return refuse(code == ErrorCode::conflict ? TAGWERK_TABLE_HELD : opening_status(code),
                  removed.error().message);
  });
}

int tagwerk_table_define(tagwerk_table_writer* writer, const tagwerk_table_definition* definition,
                         uint32_t* slot) {
  if (writer == nullptr || definition == nullptr || definition->path == nullptr ||
      definition->type >= kTypeCount)
    return refuse(TAGWERK_TABLE_INVALID);
  return guarded([&]() -> int {
    const auto defined = writer->writer->define(
        {definition->path, definition->tag_id, definition->slot,
         static_cast<model::Type>(definition->type), definition->area_bytes});
    if (!defined) return refuse(tag_status(defined.error().code), defined.error().message);
    if (slot != nullptr) *slot = *defined;
    return TAGWERK_TABLE_OK;
  });
}

int tagwerk_table_undefine(tagwerk_table_writer* writer, uint32_t slot) {
  if (writer == nullptr) return refuse(TAGWERK_TABLE_INVALID);
  return guarded([&]() -> int {
    const auto gone = writer->writer->undefine(slot);
    return gone ? TAGWERK_TABLE_OK : refuse(tag_status(gone.error().code), gone.error().message);
  });
}

int tagwerk_table_begin(tagwerk_table_writer* writer) {
  if (writer == nullptr) return refuse(TAGWERK_TABLE_INVALID);
  if (writer->writer->in_batch())
    return refuse(TAGWERK_TABLE_INVALID, "the batch is open already; commit it first");
  writer->writer->begin(base::utc_now());
  return TAGWERK_TABLE_OK;
}

int tagwerk_table_publish(tagwerk_table_writer* writer, uint32_t slot,
                          const tagwerk_table_value* value) {
  if (writer == nullptr || value == nullptr || !is_data_sound(*value))
    return refuse(TAGWERK_TABLE_INVALID);
  switch (writer->writer->publish_raw(slot, raw_value(*value))) {
    case Outcome::fine:
      return TAGWERK_TABLE_OK;
    case Outcome::no_tag:
      return refuse(TAGWERK_TABLE_NOT_FOUND);
    case Outcome::too_large:
      return refuse(TAGWERK_TABLE_TOO_LARGE);
  }
  return refuse(TAGWERK_TABLE_SYSTEM);
}

int tagwerk_table_commit(tagwerk_table_writer* writer) {
  if (writer == nullptr) return refuse(TAGWERK_TABLE_INVALID);
  if (!writer->writer->in_batch())
    return refuse(TAGWERK_TABLE_INVALID, "no batch is open; begin one first");
  writer->writer->commit();
  return TAGWERK_TABLE_OK;
}

int tagwerk_table_heartbeat(tagwerk_table_writer* writer) {
  if (writer == nullptr) return refuse(TAGWERK_TABLE_INVALID);
  writer->writer->heartbeat(base::utc_now());
  return TAGWERK_TABLE_OK;
}
