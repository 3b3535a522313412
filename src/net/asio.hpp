#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

namespace tagwerk::net {

class EventLoop;

/// For those who bring their own sockets to a loop. Everybody else includes net/event_loop.hpp and
/// does not pay for Asio.
boost::asio::io_context& io_context(EventLoop& loop);

/// A stream socket of either kind, TCP or Unix, with the loop's executor known at compile time.
using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                boost::asio::io_context::executor_type>;

}  // namespace tagwerk::net
