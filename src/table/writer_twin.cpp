#include <cstring>

#include "table/twin.hpp"
#include "table/writer.hpp"

/// Writer: the System V segment beside the POSIX one.
namespace tagwerk::table {
namespace {

std::string_view instance_of(const View& view) {
  const char* name = view.header().instance;
  return {name, ::strnlen(name, sizeof view.header().instance)};
}

}  // namespace

void Writer::have_twin(SysvSegment twin) {
  twin_ = std::move(twin);
  auto* base = twin_->bytes().data();
  twin_view_ = MutableView(base, view_.geometry());
  view_.set_twin(base);
  catalog_.set_twin(&*twin_);
}

/// Before anything changes: the segment of the writer that died, where it can go on.
void Writer::adopt_twin() {
  if (options_.sysv_key == 0 || options_.sysv_key != former_key_) return;
  auto found = find_own_sysv(options_.sysv_key, instance_of(view_), view_.geometry().segment_bytes);
  if (!found || !*found || !can_go_on(view_, **found)) return;
  if (!(*found)->set_access(options_.mode, options_.group)) return;
  have_twin(std::move(**found));
  // What the dead writer committed in one segment only is committed, and readers may have seen it.
  for (const auto* word : {&view_.header().committed, &view_.header().next_tag_id})
    view_.store(*word, word->load(std::memory_order_relaxed));
}

/// After the takeover: one segment under the key asked for, none under the former one.
void Writer::settle_twin() {
  if (former_key_ != 0 && former_key_ != options_.sysv_key)
    if (auto former =
            find_own_sysv(former_key_, instance_of(view_), view_.geometry().segment_bytes);
        former && *former)
      retire(**former);
  former_key_ = options_.sysv_key;
  view_.store(view_.header().sysv_key, options_.sysv_key);
  next_look_ = base::mono_now() + options_.sysv_look_every;
  if (options_.sysv_key == 0 || twin_) return;
  auto made =
      make_twin(view_, catalog_.extents(), options_.sysv_key, options_.mode, options_.group);
  sysv_status_ = made ? Status{} : std::unexpected(made.error());
  if (made) have_twin(std::move(*made));
}

/// Somebody may have removed it (ipcrm, the end of a user's session); what stood in its way may
/// have gone.
void Writer::look_after_twin() {
  if (options_.sysv_key == 0 || base::mono_now() < next_look_) return;
  if (twin_ && twin_->removed()) {
    view_.set_twin(nullptr);
    catalog_.set_twin(nullptr);
    mark_replaced(twin_->bytes());
    twin_.reset();
  }
  settle_twin();
}

}  // namespace tagwerk::table
