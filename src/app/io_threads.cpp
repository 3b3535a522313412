#include "app/io_threads.hpp"

#include <fmt/format.h>

namespace tagwerk::app {

IoThreads::IoThreads(int count) {
  for (int i = 0; i < count; ++i) {
    threads_.push_back(std::make_unique<net::EventLoopThread>(fmt::format("io{}", i)));
    loops_.push_back(&threads_.back()->loop());
  }
}

void IoThreads::stop() {
  for (const auto& thread : threads_)
    thread->stop();
}

}  // namespace tagwerk::app
