#pragma once

#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <sqlite3.h>

namespace tagwerk::history {

/// While it lives, SQLite's files are on a disk that can be told to fail: the N-th write, truncate
/// or sync from then on, once or for good.
/// Threads: one at a time
class FailingDisk {
 public:
  FailingDisk() {
    below() = sqlite3_vfs_find(nullptr);
    vfs_ = *below();
    vfs_.zName = "failing";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + below()->szOsFile;
    vfs_.xOpen = &open;
    sqlite3_vfs_register(&vfs_, 1);
    countdown() = 0;
  }
  ~FailingDisk() {
    sqlite3_vfs_register(below(), 1);
    sqlite3_vfs_unregister(&vfs_);
  }
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;

  void fail_at(int step) {
    countdown() = step;
    for_good() = false;
  }
  /// As a full disk does.
  void fail_from_now_on() {
    countdown() = 1;
    for_good() = true;
  }
  void heal() { countdown() = 0; }
  /// The step was not reached yet.
  bool waits() const { return countdown() > 0; }

 private:
  struct File {
    sqlite3_file base;
    sqlite3_io_methods methods;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };

  static sqlite3_vfs*& below() {
    static sqlite3_vfs* vfs = nullptr;
    return vfs;
  }
  static int& countdown() {
    static int steps = 0;
    return steps;
  }
  static bool& for_good() {
    static bool yes = false;
    return yes;
  }
  static bool fails() {
    if (countdown() == 0) return false;
    if (countdown() > 1) {
      --countdown();
      return false;
    }
    if (!for_good()) countdown() = 0;
    return true;
  }
  static sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real(); }

  static int open(sqlite3_vfs*, const char* name, sqlite3_file* raw, int flags, int* out_flags) {
    auto* file = reinterpret_cast<File*>(raw);
    const int result = below()->xOpen(below(), name, file->real(), flags, out_flags);
    file->base.pMethods = nullptr;
    if (file->real()->pMethods == nullptr) return result;
    file->methods = forwarding(file->real()->pMethods->iVersion);
    file->base.pMethods = &file->methods;
    return result;
  }
  static sqlite3_io_methods forwarding(int version) {
    sqlite3_io_methods out{};
    out.iVersion = version;
    out.xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); };
    out.xRead = [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
      return real(f)->pMethods->xRead(real(f), to, size, at);
    };
    out.xWrite = [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
      return fails() ? SQLITE_FULL : real(f)->pMethods->xWrite(real(f), from, size, at);
    };
    out.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
      return fails() ? SQLITE_IOERR_TRUNCATE : real(f)->pMethods->xTruncate(real(f), size);
    };
    out.xSync = [](sqlite3_file* f, int flags) {
      return fails() ? SQLITE_IOERR_FSYNC : real(f)->pMethods->xSync(real(f), flags);
    };
    out.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      return real(f)->pMethods->xFileSize(real(f), size);
    };
    out.xLock = [](sqlite3_file* f, int lock) { return real(f)->pMethods->xLock(real(f), lock); };
    out.xUnlock = [](sqlite3_file* f, int lock) {
      return real(f)->pMethods->xUnlock(real(f), lock);
    };
    out.xCheckReservedLock = [](sqlite3_file* f, int* yes) {
      return real(f)->pMethods->xCheckReservedLock(real(f), yes);
    };
    out.xFileControl = [](sqlite3_file* f, int what, void* with) {
      return real(f)->pMethods->xFileControl(real(f), what, with);
    };
    out.xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); };
    out.xDeviceCharacteristics = [](sqlite3_file* f) {
      return real(f)->pMethods->xDeviceCharacteristics(real(f));
    };
    out.xShmMap = [](sqlite3_file* f, int page, int size, int more, void volatile** at) {
      return real(f)->pMethods->xShmMap(real(f), page, size, more, at);
    };
    out.xShmLock = [](sqlite3_file* f, int at, int count, int flags) {
      return real(f)->pMethods->xShmLock(real(f), at, count, flags);
    };
    out.xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); };
    out.xShmUnmap = [](sqlite3_file* f, int remove) {
      return real(f)->pMethods->xShmUnmap(real(f), remove);
    };
    out.xFetch = [](sqlite3_file* f, sqlite3_int64 at, int size, void** to) {
      return real(f)->pMethods->xFetch(real(f), at, size, to);
    };
    out.xUnfetch = [](sqlite3_file* f, sqlite3_int64 at, void* from) {
      return real(f)->pMethods->xUnfetch(real(f), at, from);
    };
    return out;
  }

  sqlite3_vfs vfs_{};
};

}  // namespace tagwerk::history
