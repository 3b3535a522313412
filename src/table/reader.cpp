#include "table/reader.hpp"

#include <algorithm>
#include <utility>

#include "table/twin.hpp"
#include "table/value_bytes.hpp"

namespace tagwerk::table {
namespace {

constexpr Quality kBadNodeIdUnknown{0x80340000};

std::unexpected<Error> refused(std::string_view name, const HeaderProblem& problem) {
  switch (problem.fault) {
    case HeaderFault::wrong_version:
      return fail(ErrorCode::conflict, "table {}: {}; use programs of one Tagwerk release", name,
                  problem.text);
    case HeaderFault::not_ready:
    case HeaderFault::replaced:
      return fail(ErrorCode::unavailable, "table {} is not ready: {}; try again", name,
                  problem.text);
    case HeaderFault::damaged:
      break;
  }
  return fail(ErrorCode::corrupt,
              "table {} is damaged: {}; restart its writer, which makes it anew", name,
              problem.text);
}

/// A string or array of up to this many bytes is read in one go.
constexpr std::size_t kFirstGuess = 256;

/// A damaged segment may name more bytes than were asked for.
TableValue to_table_value(const tagwerk_table_value& value, base::ByteView buffer) {
  const auto bytes = buffer.first(std::min<std::size_t>(value.data_length, buffer.size()));
  return {make_value(static_cast<model::Type>(value.type), value.as_bits, bytes),
          Quality{value.quality}, UtcTime{Duration{value.source_time_ns}},
          UtcTime{Duration{value.server_time_ns}}, value.number};
}

}  // namespace

Result<Reader> Reader::open(std::string_view instance) {
  if (auto named = check_instance(instance); !named) return std::unexpected(named.error());
  auto opened = Segment::open_to_read(instance);
  if (!opened) return std::unexpected(opened.error());
  auto segment = std::make_shared<Segment>(std::move(*opened));
  if (auto mapped = segment->map_to_read(); !mapped) return std::unexpected(mapped.error());
  return over(std::move(segment), fmt::format("'{}'", instance));
}

Result<Reader> Reader::open_sysv(SysvKey key) {
  auto opened = SysvSegment::open_to_read(key);
  if (!opened) return std::unexpected(opened.error());
  return over(std::make_shared<SysvSegment>(std::move(*opened)),
              fmt::format("of System V key {}", to_string_of_key(key)));
}

Result<Reader> Reader::over(std::shared_ptr<SharedMemory> memory, std::string_view name) {
  const auto geometry = check_header(memory->bytes());
  if (!geometry) return refused(name, geometry.error());
  Reader reader(View(memory->bytes().data(), *geometry));
  reader.memory_ = std::move(memory);
  return reader;
}

TableValue Reader::read(Slot slot) const {
  tagwerk_table_handle handle{0, 0, slot, 0};
  base::Bytes bytes(kFirstGuess);
  for (int attempt = 0; attempt < 16 && slot < slot_limit(view_); ++attempt) {
    tagwerk_table_value value{};
    value.data = bytes.data();
    value.data_capacity = static_cast<std::uint32_t>(bytes.size());
    handle.directory = view_.header().directory.load(std::memory_order_acquire);
    const auto status = read_tag(view_, handle, value);
    if (status == TAGWERK_TABLE_OK) return to_table_value(value, bytes);
    if (status == TAGWERK_TABLE_TOO_LARGE) bytes.resize(value.data_length);
    if (status == TAGWERK_TABLE_DAMAGED) break;
  }
  return {.value = {}, .quality = kBadNodeIdUnknown};
}

TableValue Reader::read(Slot slot, TagId tag) const {
  const auto is_its = [&] {
    return slot < slot_limit(view_) &&
           view_.entry(slot).tag_id.load(std::memory_order_acquire) == tag;
  };
  if (!is_its()) return {.value = {}, .quality = kBadNodeIdUnknown};
  TableValue value;
  if (Current current; read(slot, current) && !needs_area(current.type))
    value = {make_value(current.type, current.bits, {}), Quality{current.quality},
             UtcTime{Duration{current.source_ns}}, UtcTime{Duration{current.server_ns}},
             current.number};
  else
    value = read(slot);
  // sync point C: a value of the slot's next tag was stored after its id went.
  if (!is_its()) return {.value = {}, .quality = kBadNodeIdUnknown};
  return value;
}

Result<TagRecord> Reader::find(std::string_view path) const {
  tagwerk_table_handle handle{};
  EntryCopy entry;
  char entry_path[kMaxPath];
  if (find_tag(view_, path, handle) != TAGWERK_TABLE_OK ||
      read_entry(view_, handle.slot, entry, entry_path) != FindResult::found ||
      entry.tag_id != handle.tag_id)
    return fail(ErrorCode::not_found, "the table has no tag '{}'", path);
  return TagRecord{std::string(path), handle.tag_id, handle.slot, entry.type, entry.area_bytes};
}

std::vector<TagRecord> Reader::tags() const {
  std::vector<TagRecord> found;
  char path[kMaxPath + 1];
  tagwerk_table_tag tag{};
  tag.path = path;
  tag.path_capacity = sizeof path;
  for (std::uint32_t cursor = 0; next_tag(view_, cursor, tag) == TAGWERK_TABLE_OK;)
    found.push_back({std::string(path, tag.path_length), tag.handle.tag_id, tag.handle.slot,
                     static_cast<model::Type>(tag.type), tag.area_bytes});
  return found;
}

Result<std::vector<TableValue>> Reader::read_many(std::span<const TagRecord> tags) const {
  std::vector<tagwerk_table_handle> handles;
  std::vector<tagwerk_table_value> values(tags.size());
  std::vector<base::Bytes> bytes(tags.size());
  for (const auto& tag : tags) {
    bytes[handles.size()].resize(tag.area_bytes);
    values[handles.size()].data = bytes[handles.size()].data();
    values[handles.size()].data_capacity = tag.area_bytes;
    handles.push_back({tag.id, 0, tag.slot, 0});
  }
  std::size_t failed = 0;
  const auto status = read_tags(view_, handles, values, failed);
  if (status == TAGWERK_TABLE_UNSTEADY)
    return fail(ErrorCode::unavailable, "the values of {} tags changed too fast; try again",
                tags.size());
  if (status == TAGWERK_TABLE_REPLACED)
    return fail(ErrorCode::unavailable, "a new table took this one's place; open it again");
  if (status != TAGWERK_TABLE_OK)
    return fail(ErrorCode::not_found, "tag '{}' is not in slot {} any more; find it again",
                tags[failed].path, tags[failed].slot);
  std::vector<TableValue> out;
  for (std::size_t i = 0; i < values.size(); ++i)
    out.push_back(to_table_value(values[i], bytes[i]));
  return out;
}

bool Reader::wait_changed(std::uint64_t& seen, int timeout_ms) const {
  return wait_for_commit(view_, seen, timeout_ms) != TAGWERK_TABLE_TIMEOUT;
}

tagwerk_table_information Reader::information() const {
  tagwerk_table_information out;
  fill_information(view_, memory_.get(), out);
  return out;
}

std::vector<InstanceRecord> list_instances() {
  const auto information_of = [](const Result<Reader>& reader) {
    return reader ? Result<tagwerk_table_information>(reader->information())
                  : std::unexpected(reader.error());
  };
  std::vector<InstanceRecord> found;
  for (const auto& instance : segment_instances()) {
    InstanceRecord record{instance, stat_of(instance), information_of(Reader::open(instance))};
    if (record.information) record.sysv_key = record.information->sysv_key;
    found.push_back(std::move(record));
  }
  for (const auto& table : sysv_tables()) {
    if (stat_of(table.instance).inode != 0) continue;
    const auto reader = Reader::open_sysv(table.key);
    found.push_back({table.instance, {}, information_of(reader), false, table.key});
  }
  std::ranges::sort(found, {}, &InstanceRecord::instance);
  return found;
}

}  // namespace tagwerk::table
