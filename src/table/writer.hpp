#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "table/catalog.hpp"
#include "table/reader.hpp"
#include "table/segment.hpp"
#include "table/sysv_segment.hpp"

namespace tagwerk::table {

struct WriterOptions {
  std::uint32_t slot_capacity = 262'144;
  std::uint64_t area_bytes = std::uint64_t{256} << 20;
  std::uint32_t mode = 0644;  ///< of both segments
  std::int32_t group = -1;    ///< gid; -1 = leave
  SysvKey sysv_key = 0;       ///< also a System V segment with this key; 0 = none
  /// How often heartbeat looks whether that segment is still there.
  Duration sysv_look_every = std::chrono::seconds{5};
};

inline constexpr Slot kAnySlot = kNoSlot;
inline constexpr std::uint32_t kDefaultAreaBytes = 256;

struct TagSpec {
  std::string path;
  TagId id = 0;  ///< 0 = as before for this path, else a fresh one
  Slot slot = kAnySlot;
  model::Type type = model::Type::null;
  std::uint32_t area_bytes = 0;  ///< 0 = kDefaultAreaBytes where the type needs one
};

/// A value on its way into the table; bytes for texts and arrays, as docs/formats/table.md has
/// them.
struct RawValue {
  Current current;
  base::ByteView bytes;
};

/// What became of one publish.
enum class Outcome : std::uint8_t { fine, no_tag, too_large };

/// How a writer found the segment.
enum class Start : std::uint8_t { fresh, taken_over, replaced };

/// The one writer of a table: of its POSIX segment and, with a sysv_key, of the System V segment
/// beside it, which gets the same stores right after the first.
///
/// A batch is begin, publish…, commit: one step of the publish number and one wake-up. Changes of
/// tags are batches of their own and not allowed inside one. Threads: one thread (the server's
/// engine); readers anywhere Owns:    the segments' mappings and the lock. The segments stay when
/// the writer goes. Limits:  WriterOptions; paths of 1,023 bytes
class Writer {
 public:
  /// Makes the segment or takes it over: tags and values stay, quality UncertainLastUsableValue
  /// unless bad. One too small, damaged or of another layout is replaced; tags are kept where they
  /// can be read. A System V segment that cannot be had is no failure: see sysv_status(). Fails:
  /// conflict (naming the process that writes it), permission_denied, limit_exceeded, io
  static Result<std::unique_ptr<Writer>> create(std::string_view instance,
                                                const WriterOptions& = {});
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();

  Start start() const { return start_; }
  /// What was lost at the start; empty when nothing was.
  const std::string& start_note() const { return start_note_; }

  /// Adds or changes one tag: another path renames, another slot moves, a larger area_bytes grows;
  /// the value stays. Returns the slot. Fails: already_exists (path or slot of another tag),
  /// limit_exceeded, invalid_argument; nothing changed
  Result<Slot> define(const TagSpec& spec);
  /// Exactly these tags: others go, values stay by id wherever the tag moves.
  /// Fails: as define, for the first tag that cannot be; the others are there
  Status define_all(std::span<const TagSpec> specs);
  /// Fails: not_found
  Status undefine(Slot slot);
  std::vector<TagRecord> tags() const { return reader().tags(); }

  void begin(UtcTime now);
  bool in_batch() const { return in_batch_; }
  /// Outside a batch: one of its own. A server time of kNever is the batch's. Does not allocate.
  Outcome publish_raw(Slot slot, const RawValue& value);
  /// Fails: not_found (no tag in the slot), limit_exceeded (larger than its area); the old value
  /// stays
  Status publish(Slot slot, const Value& value, Quality quality, UtcTime source,
                 UtcTime server = kNever);
  /// The same without a sentence about what went wrong: for whom it is one of millions a second.
  Outcome publish_now(Slot slot, const Value& value, Quality quality, UtcTime source,
                      UtcTime server);
  /// The slot will be published soon; see base/prefetch.hpp.
  void prefetch(Slot slot) const;
  /// Publishes every sample into the open batch, or as one. A value too large for its area is shown
  /// as null with BadEncodingLimitsExceeded and counted; samples without a tag are skipped and
  /// counted.
  void apply(std::span<const Sample> samples, UtcTime server_time);
  /// One number step, one wake-up; nothing when nothing was published.
  void commit();
  /// Also makes the System V segment again where somebody removed it.
  void heartbeat(UtcTime now);

  /// Why there is no System V segment although there should be; good where none is wanted.
  const Status& sysv_status() const { return sysv_status_; }
  std::uint64_t too_large() const { return too_large_; }
  std::uint64_t without_tag() const { return without_tag_; }
  /// For other threads of this process: reads the same memory, valid as long as the writer.
  Reader reader() const { return Reader(view_); }

 private:
  struct Saved;
  struct Heritage;
  Writer(Segment segment, const Geometry& geometry, WriterOptions options);
  static Result<std::unique_ptr<Writer>> open_locked(std::string_view instance, Segment segment,
                                                     WriterOptions options);
  static Result<std::unique_ptr<Writer>> make(std::string_view instance,
                                              const WriterOptions& options,
                                              const Heritage& heritage);
  Status take_over();
  Status number_batches();
  void sign();
  void beat(UtcTime now);
  void mark_uncertain();
  Heritage leave_behind() const;
  Status inherit(const Heritage& heritage);

  void adopt_twin();
  void settle_twin();
  void have_twin(SysvSegment twin);
  void look_after_twin();

  Outcome put(Slot slot, const Current& current, base::ByteView bytes);
  void put_in(const MutableView& view, Slot slot, Current value, AreaReference area,
              base::ByteView bytes);
  void put_null(Slot slot, Quality quality);
  TagRecord record_of(Slot slot) const;
  Saved save(const TagRecord& tag) const;

  Status check(const TagSpec& spec) const;
  Result<Slot> add(const TagSpec& spec, const Saved* value);
  Result<Slot> change(Slot slot, const TagSpec& spec);
  Status grow_area(Slot slot, std::uint32_t bytes);
  bool must_go(const TagRecord& tag, const TagSpec* spec) const;
  std::vector<Saved> remove_others(std::span<const TagSpec> specs);
  void put_back(Slot slot, const Saved& value);

  const WriterOptions options_;
  Segment segment_;
  std::optional<SysvSegment> twin_;
  MutableView view_;
  MutableView twin_view_;
  Catalog catalog_;
  SysvKey former_key_ = 0;  ///< of the System V segment of the writer before
  Status sysv_status_;
  MonoTime next_look_{};
  Batch batch_;
  bool in_batch_ = false;
  bool dirty_ = false;
  std::int64_t batch_ns_ = 0;
  Start start_ = Start::fresh;
  std::string start_note_;
  std::uint64_t too_large_ = 0;
  std::uint64_t without_tag_ = 0;
  base::Bytes scratch_;
};

/// Takes the instance's name away and its System V segments' keys; who has them mapped keeps them.
/// Returns what was removed, in words.
/// Fails: conflict (a writer lives, naming it), not_found, permission_denied
Result<std::vector<std::string>> remove_table(std::string_view instance);

}  // namespace tagwerk::table
