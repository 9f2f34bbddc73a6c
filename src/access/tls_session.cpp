#include "src/access/tls_session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace octavo {

// What OpenSSL takes for a socket.
struct SessionBytes {
  static int read(BIO* bio, char* into, int room) {
    auto& session = *static_cast<TlsSession*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::size_t size =
        std::min(static_cast<std::size_t>(room), session.input_.size() - session.num_taken_);
    if (size == 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    std::memcpy(into, session.input_.data() + session.num_taken_, size);
    session.num_taken_ += size;
    if (session.num_taken_ == session.input_.size()) {
      session.input_ = std::string();
      session.num_taken_ = 0;
    }
    return static_cast<int>(size);
  }
  static int write(BIO* bio, const char* bytes, int size) {
    static_cast<TlsSession*>(BIO_get_data(bio))
        ->output_.append(bytes, static_cast<std::size_t>(size));
    return size;
  }
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO_METHOD* method() {
    static BIO_METHOD* const kMethod = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "octavo");
      BIO_meth_set_read(made, read);
      BIO_meth_set_write(made, write);
      BIO_meth_set_ctrl(made, control);
      return made;
    }();
    return kMethod;
  }
};

TlsSession::TlsSession(const TlsContext& context)
    : context_(context), ssl_(SSL_new(context.native())) {
  BIO* bytes = BIO_new(SessionBytes::method());
  OCTAVO_ASSERT(ssl_ != nullptr && bytes != nullptr);
  BIO_set_data(bytes, this);
  BIO_set_init(bytes, 1);
  SSL_set_bio(ssl_, bytes, bytes);
  SSL_set_accept_state(ssl_);
}

TlsSession::~TlsSession() { SSL_free(ssl_); }

void TlsSession::put_input(std::string_view bytes) { input_.append(bytes); }

std::string TlsSession::take_output() { return std::exchange(output_, std::string()); }

TlsSession::Step TlsSession::step_of(int result) {
  if (result == 1) return Step::kDone;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      if (output_.size() <= kMaxUnread) return Step::kWantsInput;
      fault_ = "the client reads none of its answers";
      break;
    case SSL_ERROR_ZERO_RETURN:
      return Step::kClosed;
    default: {
      const char* reason = ERR_reason_error_string(ERR_peek_last_error());
      fault_ = reason == nullptr ? "it broke off" : reason;
    }
  }
  is_ready_ = false;
  return Step::kFailed;
}

TlsSession::Step TlsSession::handshake() {
  ERR_clear_error();
  const Step step = step_of(SSL_do_handshake(ssl_));
  is_ready_ = step == Step::kDone;
  return step;
}

TlsSession::Moved TlsSession::read(char* into, std::size_t room) {
  Moved moved;
  ERR_clear_error();
  moved.step = step_of(SSL_read_ex(ssl_, into, room, &moved.num_bytes));
  return moved;
}

TlsSession::Moved TlsSession::write(std::string_view bytes) {
  Moved moved;
  ERR_clear_error();
  moved.step = step_of(
      SSL_write_ex(ssl_, bytes.data(), std::min(bytes.size(), kMaxWrite), &moved.num_bytes));
  return moved;
}

void TlsSession::close() {
  if (!is_ready_) return;
  is_ready_ = false;
  ERR_clear_error();
  SSL_shutdown(ssl_);
}

}  // namespace octavo
