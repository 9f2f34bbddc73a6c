// One TLS connection as bytes, without a socket: what came is put in, what is to be sent is taken
// out, and in between stands the text in the clear. So a waiting connection holds no buffer, where
// asio's stream holds four of 17 kB, and a test needs no network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "src/access/tls_context.hpp"

struct ssl_st;

namespace octavo {

class TlsSession {
 public:
  /// The server's side of a connection that begins.
  explicit TlsSession(const TlsContext& context);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  enum class Step : std::uint8_t {
    kDone,
    kWantsInput,  ///< Nothing can be done before more has come.
    kClosed,      ///< The other side has said that it sends no more.
    kFailed,      ///< The connection is of no use any more; fault() says why.
  };
  struct Moved {
    Step step = Step::kDone;
    std::size_t num_bytes = 0;
  };

  /// What came from the socket. After it, handshake() or read() until they want input again.
  void put_input(std::string_view bytes);
  /// What is to be sent now, and is not kept here any more; empty when there is nothing.
  std::string take_output();
  /// What could not be sent after all; it is the first of the next output.
  void put_output_back(std::string_view rest) { output_.insert(0, rest); }
  std::size_t num_output_bytes() const { return output_.size(); }

  /// Goes on with the handshake; its output is to be sent whatever the answer is.
  Step handshake();
  /// The next bytes in the clear, at most `room` of them. May make output.
  Moved read(char* into, std::size_t room);
  /// Makes output of at most kMaxWrite of these bytes, after the handshake.
  Moved write(std::string_view bytes);
  /// Says that nothing more comes, so that the other side knows that nothing was cut off.
  void close();

  /// Why it failed, in OpenSSL's words.
  const std::string& fault() const { return fault_; }

  /// What one record holds.
  static constexpr std::size_t kMaxWrite = std::size_t{16} << 10;

 private:
  friend struct SessionBytes;
  /// What a client makes the server answer without reading it, at most.
  static constexpr std::size_t kMaxUnread = std::size_t{64} << 10;
  Step step_of(int result);

  TlsContext context_;
  ssl_st* ssl_ = nullptr;
  std::string input_;
  std::size_t num_taken_ = 0;  ///< How much of the input OpenSSL has.
  std::string output_;
  std::string fault_;
  bool is_ready_ = false;  ///< The handshake is done, and nothing has failed.
};

}  // namespace octavo
