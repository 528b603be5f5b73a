#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>

#include "shared/os/fd.h"
#include "shared/transport/net.h"
#include "shared/transport/zmq_socket.h"

#if defined(__SANITIZE_THREAD__)
// libzmq is not instrumented: its lock-free pipes look like races between its threads and ours.
extern "C" const char* __tsan_default_suppressions() { return "called_from_lib:libzmq.so.5\n"; }
#endif

namespace strata {
namespace {

using std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(30);

class Transport : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = std::filesystem::temp_directory_path() / "strata-net-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    server_ = listen();
    ASSERT_NE(server_, nullptr);
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] std::string path() const { return folder_ / "socket"; }

  std::unique_ptr<NetServer> listen() {
    auto made = zmq_listen(path());
    EXPECT_TRUE(made) << made.error().message;
    return made ? std::move(*made) : nullptr;
  }

  std::unique_ptr<NetClient> connect() {
    auto made = zmq_connect(path());
    EXPECT_TRUE(made) << made.error().message;
    return made ? std::move(*made) : nullptr;
  }

  // Waits on the fds alone, so that a lost edge shows as a missing message.
  std::optional<FromClient> server_hears(NetClient* client = nullptr) {
    return wait_for([&]() -> std::optional<FromClient> { return server_->receive(); }, client);
  }

  std::optional<Result<wire::ToClient>> client_hears(NetClient& client) {
    return wait_for([&] { return client.receive(); }, &client);
  }

  // One read of `ask` a wake; `client`, if any, is given the chance to send what waits in it.
  template <typename Ask>
  auto wait_for(Ask ask, NetClient* client) -> decltype(ask()) {
    const auto give_up = steady_clock::now() + kPatience;
    while (steady_clock::now() < give_up) {
      if (auto got = ask()) {
        return got;
      }
      pollfd fds[2] = {{server_->fd(), POLLIN, 0},
                       {client != nullptr ? client->fd() : -1, POLLIN, 0}};
      poll(fds, 2, 1000);
      if (client != nullptr && (fds[1].revents & POLLIN) != 0) {
        if (auto got = client->receive()) {
          stash_.push_back(std::move(*got));
          if constexpr (std::is_same_v<decltype(ask()), std::optional<Result<wire::ToClient>>>) {
            return stash_.back();
          }
        }
      }
    }
    return std::nullopt;
  }

  // A client that is known to the server, and its id there.
  std::pair<std::unique_ptr<NetClient>, ClientId> greeted() {
    auto client = connect();
    EXPECT_TRUE(client->send(wire::Hello{1, "test"}));
    auto heard = server_hears(client.get());
    EXPECT_TRUE(heard && heard->message);
    return {std::move(client), heard ? heard->client : ClientId()};
  }

  // The server still serves: somebody new gets an answer.
  void expect_still_serving() {
    auto [client, id] = greeted();
    const Result<Sent> sent = server_->send(id, wire::Queued{3});
    ASSERT_TRUE(sent && *sent == Sent::kSent);
    auto heard = client_hears(*client);
    ASSERT_TRUE(heard && *heard);
    EXPECT_TRUE(**heard == wire::ToClient(wire::Queued{3}));
  }

  Fd raw_connection() {
    Fd raw(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(raw.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return raw;
  }

  // True when the other side closes; what it says before is read and dropped.
  static bool closes(const Fd& raw) {
    const auto give_up = steady_clock::now() + kPatience;
    char buffer[4096];
    while (steady_clock::now() < give_up) {
      pollfd fd{raw.get(), POLLIN, 0};
      if (poll(&fd, 1, 1000) == 1 && read(raw.get(), buffer, sizeof buffer) <= 0) {
        return true;
      }
    }
    return false;
  }

  // A ZMTP 3.0 peer by hand: greeting, READY, then whatever a test wants to say.
  Fd raw_zmtp() {
    Fd raw = raw_connection();
    std::string greeting("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL", 16);
    greeting.resize(64, '\0');
    say(raw, greeting);
    say(raw, std::string("\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06"
                         "DEALER",
                         30));
    // What follows READY is read as a part of the handshake until the other side's READY is out.
    std::string heard;
    char buffer[256];
    while (heard.find("Identity") == std::string::npos) {
      const ssize_t got = recv(raw.get(), buffer, sizeof buffer, 0);
      if (got <= 0) {
        ADD_FAILURE() << "the handshake failed after " << heard.size() << " bytes";
        break;
      }
      heard.append(buffer, static_cast<std::size_t>(got));
    }
    return raw;
  }

  static void say(const Fd& raw, const std::string& bytes) {
    // The other side may close at any moment: that is what some tests are about.
    send(raw.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  std::filesystem::path folder_;
  std::unique_ptr<NetServer> server_;
  std::vector<Result<wire::ToClient>> stash_;
};

TEST_F(Transport, CarriesMessagesBothWaysInOrder) {
  auto [client, id] = greeted();
  for (std::uint32_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(client->send(wire::RunRequest{"compute", {}, {}, i, 0, 0, true, 0, 0}));
    const auto heard = server_hears(client.get());
    ASSERT_TRUE(heard && heard->message);
    EXPECT_EQ(heard->client, id);
    EXPECT_EQ(std::get<wire::RunRequest>(*heard->message).seed, i);
    for (std::uint32_t reply = 0; reply < 3; ++reply) {
      ASSERT_TRUE(server_->send(id, wire::Queued{3 * i + reply}));
    }
    for (std::uint32_t reply = 0; reply < 3; ++reply) {
      const auto answer = client_hears(*client);
      ASSERT_TRUE(answer && *answer);
      EXPECT_EQ(std::get<wire::Queued>(**answer).ahead, 3 * i + reply);
    }
  }
}

TEST_F(Transport, TellsClientsApart) {
  auto [first, first_id] = greeted();
  auto [second, second_id] = greeted();
  ASSERT_NE(first_id, second_id);
  ASSERT_TRUE(server_->send(second_id, wire::Queued{2}));
  ASSERT_TRUE(server_->send(first_id, wire::Queued{1}));
  EXPECT_EQ(std::get<wire::Queued>(**client_hears(*first)).ahead, 1U);
  EXPECT_EQ(std::get<wire::Queued>(**client_hears(*second)).ahead, 2U);
}

// A send swallows the edge of a message that came in: the fd must stay readable for it.
TEST_F(Transport, StaysReadableWhenASendSawTheMessageFirst) {
  auto [client, id] = greeted();
  for (int round = 0; round < 50; ++round) {
    ASSERT_TRUE(client->send(wire::StatusRequest{}));
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(server_->send(id, wire::Ready{1}));
    }
    const auto heard = server_hears(client.get());
    ASSERT_TRUE(heard && heard->message) << "round " << round;
    while (client->receive()) {
    }
  }
}

TEST_F(Transport, KeepsAMessageUntilThereIsSomebodyToTakeIt) {
  server_.reset();
  auto client = connect();
  ASSERT_TRUE(client->send(wire::StatusRequest{}));
  EXPECT_FALSE(client->receive());
  server_ = listen();
  const auto heard = server_hears(client.get());
  ASSERT_TRUE(heard && heard->message);
  EXPECT_TRUE(std::holds_alternative<wire::StatusRequest>(*heard->message));
}

TEST_F(Transport, DeliversTheLastWordsOfAServerThatHasEnded) {
  for (std::uint32_t round = 0; round < 30; ++round) {
    auto [client, id] = greeted();
    ASSERT_TRUE(server_->send(id, wire::Queued{round}));
    server_.reset();
    // That the connection has ended shows in a second server at the same path being connected to.
    server_ = listen();
    const auto heard = wait_for([&] { return client->receive(); }, nullptr);
    ASSERT_TRUE(heard && *heard) << "round " << round;
    EXPECT_EQ(std::get<wire::Queued>(**heard).ahead, round);
  }
}

TEST_F(Transport, SaysThatAClientHasVanished) {
  auto [client, id] = greeted();
  client.reset();
  const auto give_up = steady_clock::now() + kPatience;
  Result<Sent> sent = Sent::kSent;
  while (sent && *sent != Sent::kGone && steady_clock::now() < give_up) {
    sent = server_->send(id, wire::Progress{1, 2, 3});
  }
  ASSERT_TRUE(sent);
  EXPECT_EQ(*sent, Sent::kGone);
  expect_still_serving();
}

TEST_F(Transport, SaysThatAClientDoesNotRead) {
  auto [client, id] = greeted();
  const wire::Output much{std::string(wire::kTextBytesMax, 'x')};
  Result<Sent> sent = Sent::kSent;
  for (int i = 0; i < 100'000 && sent && *sent == Sent::kSent; ++i) {
    sent = server_->send(id, much);
  }
  ASSERT_TRUE(sent);
  EXPECT_EQ(*sent, Sent::kFull);
  expect_still_serving();
}

TEST_F(Transport, GoesOnAfterGarbageOnTheRawSocket) {
  for (const std::string& garbage :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(100'000, '\xff'),
        std::string(5000, '\0'), std::string("\x01\x00", 2),
        std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\x00XXXX", 16)}) {
    const Fd raw = raw_connection();
    say(raw, garbage);
    shutdown(raw.get(), SHUT_WR);
    EXPECT_TRUE(closes(raw));
  }
  expect_still_serving();
}

TEST_F(Transport, GoesOnAfterAPeerThatNeverFinishesItsHandshake) {
  const Fd raw = raw_connection();
  say(raw, "\xff");
  EXPECT_TRUE(closes(raw)) << "the handshake has no end";
  expect_still_serving();
}

TEST_F(Transport, TellsOfATruncatedMessageInAValidFrame) {
  const Fd raw = raw_zmtp();
  say(raw,
      std::string("\x00\x03\x12\x7f\x0a", 5));  // RunRequest of 127 bytes, of which one is here
  const auto heard = server_hears();
  ASSERT_TRUE(heard);
  EXPECT_FALSE(heard->message);
  expect_still_serving();
}

TEST_F(Transport, TellsOfAMessageOfSeveralFrames) {
  const Fd raw = raw_zmtp();
  say(raw, std::string("\x01\x02\x22\x00\x00\x02\x22\x00", 8));
  const auto heard = server_hears();
  ASSERT_TRUE(heard);
  ASSERT_FALSE(heard->message);
  EXPECT_NE(heard->message.error().message.find("not one frame"), std::string::npos);
  expect_still_serving();
}

TEST_F(Transport, ClosesTheConnectionOfAMessageOf100Megabytes) {
  const Fd raw = raw_zmtp();
  say(raw, std::string("\x02\0\0\0\0\x06\x40\0\0", 9) + std::string(1000, 'x'));
  EXPECT_TRUE(closes(raw));
  expect_still_serving();
}

TEST_F(Transport, RemovesItsSocketWhenItEnds) {
  ASSERT_TRUE(std::filesystem::exists(path()));
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(Transport, SaysWhyItCannotListen) {
  const auto made = zmq_listen((folder_ / "no such folder" / "socket").string());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().exit, Exit::kMachine);
  EXPECT_NE(made.error().message.find("no such folder"), std::string::npos);
}

TEST_F(Transport, SaysThatThereAreNoDescriptorsInsteadOfAborting) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = fcntl(0, F_DUPFD, 0);
  ASSERT_GE(next, 0);
  close(next);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(next) + 4;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  const Status room = check_room_for_zmq();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(room);
  EXPECT_EQ(room.error().exit, Exit::kMachine);
  EXPECT_NE(room.error().message.find("ulimit -n"), std::string::npos);
  EXPECT_TRUE(check_room_for_zmq());
}

}  // namespace
}  // namespace strata
