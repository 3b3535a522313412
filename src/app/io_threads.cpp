#include "app/io_threads.hpp"

#include <fmt/format.h>

#include "base/worker.hpp"

namespace tagwerk::app {

IoThreads::IoThreads(int count) {
  for (int i = 0; i < count; ++i) {
    loops_.push_back(std::make_unique<net::EventLoop>(fmt::format("io{}", i)));
    pointers_.push_back(loops_.back().get());
  }
  for (net::EventLoop* loop : pointers_)
    threads_.emplace_back([loop] {
      base::name_this_thread(loop->name());
      loop->run();
    });
}

void IoThreads::stop() {
  for (net::EventLoop* loop : pointers_)
    loop->stop();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

}  // namespace tagwerk::app
