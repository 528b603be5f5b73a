// Sockets and pipes on every executor: one set of bodies a test, left out where so many units
// cannot be alive.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "shared/os/clock.h"
#include "shared/os/loopback.h"
#include "shared/unit/descriptor_io.h"
#include "shared/unit/latch.h"
#include "tests/conformance/group_test_fixture.h"

namespace strata {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::byte>;

struct Pair {
  Descriptor one;
  Descriptor other;
};
Pair a_pipe() {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  return {Descriptor(Fd(ends[0])), Descriptor(Fd(ends[1]))};
}
Pair a_socket_pair() {
  std::array<int, 2> ends{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {Descriptor(Fd(ends[0])), Descriptor(Fd(ends[1]))};
}

Bytes bytes_of(std::size_t count, unsigned seed) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) {
    bytes[i] = static_cast<std::byte>(i * 7 + i / 251 + seed);
  }
  return bytes;
}

class DescriptorTest : public GroupTest {};

INSTANTIATE_TEST_SUITE_P(All, DescriptorTest, testing::ValuesIn(executor_cases({1, 2, 5}, {0, 5})),
                         name_of_case);

TEST_P(DescriptorTest, ReadsWhatWasThereBeforeAnybodyWaited) {
  for (const bool with_pipe : {true, false}) {
    Pair pair = with_pipe ? a_pipe() : a_socket_pair();
    ASSERT_EQ(write(pair.other.fd(), "strata", 6), 6);
    run(1, [&](Unit& unit) -> Co<void> {
      // As often as asked: it stays so until somebody reads.
      EXPECT_EQ(co_await pair.one.readable(unit), WaitEnd::kDone);
      EXPECT_EQ(co_await pair.one.readable(unit), WaitEnd::kDone);
      Bytes buffer(4);
      Transferred got = co_await read_some(unit, pair.one, buffer);
      EXPECT_EQ(got.bytes, 4U);
      EXPECT_EQ(co_await pair.one.readable(unit), WaitEnd::kDone);
      got = co_await read_some(unit, pair.one, buffer);
      EXPECT_EQ(got.bytes, 2U);
      EXPECT_EQ(co_await pair.one.readable(unit, within(1ms)), WaitEnd::kTimedOut);
      EXPECT_EQ(co_await pair.other.writable(unit), WaitEnd::kDone);
    });
  }
}

TEST_P(DescriptorTest, WaitsForWhatComesLaterBackAndForth) {
  NEEDS_ALIVE(2)
  constexpr int kRounds = 300;
  Pair there = a_pipe();
  Pair back = a_pipe();
  const Sums sums = run(2, [&](Unit& unit) -> Co<void> {
    Descriptor& from = unit.index() == 0 ? back.one : there.one;
    Descriptor& to = unit.index() == 0 ? there.other : back.other;
    std::array<std::byte, 8> ball{};
    for (int round = 0; round < kRounds; ++round) {
      if (unit.index() == 0) {
        ball[0] = static_cast<std::byte>(round);
        co_await write_full(unit, to, ball);
      }
      const Transferred got = co_await read_full(unit, from, ball);
      EXPECT_EQ(got.end, WaitEnd::kDone);
      EXPECT_EQ(ball[0], static_cast<std::byte>(round));
      if (unit.index() == 1) {
        co_await write_full(unit, to, ball);
      }
      unit.add(0, 1);
    }
  });
  EXPECT_EQ(sums[0], 2U * kRounds);
}

TEST_P(DescriptorTest, AnyNumberOfBytesArrivesWholeAlsoThroughASmallBuffer) {
  NEEDS_ALIVE(2)
  for (const bool with_pipe : {true, false}) {
    Pair pair = with_pipe ? a_pipe() : a_socket_pair();
    const Bytes sent = bytes_of(3'000'001, 5);
    Bytes got;
    run(2, [&](Unit& unit) -> Co<void> {
      if (unit.index() == 0) {
        const Transferred all = co_await write_full(unit, pair.other, sent);
        EXPECT_EQ(all.end, WaitEnd::kDone);
        EXPECT_EQ(all.bytes, sent.size());
        pair.other.close();
        co_return;
      }
      Bytes buffer(10'000);
      for (;;) {
        const Transferred some = co_await read_some(unit, pair.one, buffer);
        got.insert(got.end(), buffer.begin(),
                   buffer.begin() + static_cast<std::ptrdiff_t>(some.bytes));
        if (some.end != WaitEnd::kDone) {
          EXPECT_EQ(some.end, WaitEnd::kClosed);
          EXPECT_EQ(some.error, 0);
          break;
        }
      }
    });
    EXPECT_TRUE(got == sent);
  }
}

TEST_P(DescriptorTest, GivesUpAtItsDeadlineAndCanBeUsedAsBefore) {
  Pair pair = a_socket_pair();
  run(1, [&](Unit& unit) -> Co<void> {
    std::array<std::byte, 4> buffer{};
    const std::uint64_t begin_ns = now_ns();
    const Transferred late = co_await read_some(unit, pair.one, buffer, within(3ms));
    EXPECT_EQ(late.end, WaitEnd::kTimedOut);
    EXPECT_GE(now_ns() - begin_ns, 3'000'000U);
    const Transferred at_once = co_await read_some(unit, pair.one, buffer, within(0ms));
    EXPECT_EQ(at_once.end, WaitEnd::kTimedOut);
    // Room to write, until there is none.
    const Bytes much(8'000'000);
    const Transferred part = co_await write_full(unit, pair.one, much, within(2ms));
    EXPECT_EQ(part.end, WaitEnd::kTimedOut);
    EXPECT_GT(part.bytes, 0U);
    EXPECT_LT(part.bytes, much.size());
    EXPECT_EQ(write(pair.other.fd(), "late", 4), 4);
    const Transferred got = co_await read_some(unit, pair.one, buffer, within(0ms));
    EXPECT_EQ(got.bytes, 4U) << "what is there is had, whatever the limit";
  });
}

TEST_P(DescriptorTest, IsCancelledBeforeAndWhileItWaits) {
  NEEDS_ALIVE(2)
  Pair pair = a_pipe();
  CancelSource over;
  CancelSource done;
  done.cancel();
  Latch begun(1);
  run(2, [&](Unit& unit) -> Co<void> {
    std::array<std::byte, 4> buffer{};
    if (unit.index() == 0) {
      co_await begun.wait(unit);
      over.cancel();
      co_return;
    }
    const Transferred before = co_await read_some(unit, pair.one, buffer, {.cancel = &done});
    EXPECT_EQ(before.end, WaitEnd::kCancelled);
    begun.count_down();
    for (int i = 0; i < 3; ++i) {
      const Transferred during = co_await read_some(unit, pair.one, buffer, {.cancel = &over});
      EXPECT_EQ(during.end, WaitEnd::kCancelled);
    }
    EXPECT_EQ(write(pair.other.fd(), "ab", 2), 2);
    const Transferred got = co_await read_some(unit, pair.one, buffer);
    EXPECT_EQ(got.bytes, 2U);
  });
}

TEST_P(DescriptorTest, TellsWhenTheOtherSideHasGone) {
  NEEDS_ALIVE(2)
  for (const bool with_pipe : {true, false}) {
    Pair pair = with_pipe ? a_pipe() : a_socket_pair();
    Latch told(1);
    run(2, [&](Unit& unit) -> Co<void> {
      std::array<std::byte, 16> buffer{};
      if (unit.index() == 0) {
        // Bytes and the end at once: the end is seen though the read before came back short.
        co_await write_full(unit, pair.other, bytes_of(3, 1));
        pair.other.close();
        co_return;
      }
      const Transferred all = co_await read_full(unit, pair.one, buffer);
      EXPECT_EQ(all.bytes, 3U);
      EXPECT_EQ(all.end, WaitEnd::kClosed);
      EXPECT_EQ(all.error, 0);
      EXPECT_EQ(co_await pair.one.readable(unit), WaitEnd::kDone);
    });
    Pair gone = with_pipe ? a_pipe() : a_socket_pair();
    run(2, [&](Unit& unit) -> Co<void> {
      if (unit.index() == 0) {
        co_await told.wait(unit);
        gone.one.close();
        co_return;
      }
      const Bytes much(4'000'000);
      told.count_down();
      const Transferred part = co_await write_full(unit, gone.other, much);
      EXPECT_EQ(part.end, WaitEnd::kClosed);
      EXPECT_LT(part.bytes, much.size());
    });
  }
}

TEST_P(DescriptorTest, ConnectsAndIsAcceptedOrRefused) {
  NEEDS_ALIVE(5)
  Result<Fd> made = listen_on_loopback(16);
  ASSERT_TRUE(made) << made.error().message;
  const Result<sockaddr_in> address = address_of(*made);
  ASSERT_TRUE(address);
  Descriptor listener(std::move(*made));
  Latch closed(2);
  const auto connect_once = [&](Unit& unit, Descriptor& socket) -> Co<Transferred> {
    co_return co_await connect_to(unit, socket, reinterpret_cast<const sockaddr*>(&*address),
                                  sizeof(*address));
  };
  run(5, [&](Unit& unit) -> Co<void> {
    std::array<std::byte, 1> letter{};
    if (unit.index() < 2) {  // Two wait for the same listener.
      Accepted peer = co_await accept_one(unit, listener);
      EXPECT_EQ(peer.end, WaitEnd::kDone);
      EXPECT_EQ((co_await read_full(unit, peer.socket, letter)).end, WaitEnd::kDone);
      EXPECT_EQ((co_await write_full(unit, peer.socket, letter)).end, WaitEnd::kDone);
      unit.add(0, std::to_integer<std::uint64_t>(letter[0]));
      closed.count_down();
      co_return;
    }
    if (unit.index() < 4) {
      Descriptor socket(std::move(*tcp_socket()));
      EXPECT_EQ((co_await connect_once(unit, socket)).end, WaitEnd::kDone);
      letter[0] = static_cast<std::byte>(unit.index());
      EXPECT_EQ((co_await write_full(unit, socket, letter)).end, WaitEnd::kDone);
      EXPECT_EQ((co_await read_full(unit, socket, letter)).end, WaitEnd::kDone);
      EXPECT_EQ(letter[0], static_cast<std::byte>(unit.index()));
      co_return;
    }
    co_await closed.wait(unit);
    listener.close();
    Descriptor socket(std::move(*tcp_socket()));
    const Transferred refused = co_await connect_once(unit, socket);
    EXPECT_EQ(refused.end, WaitEnd::kClosed);
    EXPECT_EQ(refused.error, ECONNREFUSED);
  });
}

TEST_P(DescriptorTest, WaitsBesideSleepersNewWorkAndTrialAfterTrial) {
  NEEDS_ALIVE(3)
  const std::unique_ptr<Executor> executor = make();
  for (int trial = 0; trial < 5; ++trial) {
    Pair pair = a_pipe();
    std::atomic<int> slept{0};
    const BodyJob job([&](Unit& unit) -> Co<void> {
      std::array<std::byte, 1> letter{};
      if (unit.index() == 0) {  // Waits until the lease that is dealt last.
        EXPECT_EQ((co_await read_full(unit, pair.one, letter)).end, WaitEnd::kDone);
        EXPECT_EQ(slept.load(), 1);
      } else if (unit.index() == 1) {
        co_await unit.sleep(2ms);  // Nothing happens meanwhile but the clock.
        ++slept;
      } else {
        while (slept.load() == 0) {
          co_await unit.sleep(100us);
        }
        EXPECT_EQ((co_await write_full(unit, pair.other, letter)).end, WaitEnd::kDone);
      }
      unit.add(0, 1);
    });
    FakeSource source(job);
    source.lease(2).hold().lease(1);
    std::thread outside([&] {
      source.wait_until_asked_in_vain(1);
      source.release();  // Rings as another process would.
    });
    executor->run(source);
    outside.join();
    EXPECT_EQ(source.sums()[0], 3U);
  }
}

TEST_P(DescriptorTest, RefusesWhatCannotBeWaitedFor) {
  if (GetParam().info->rule != ThreadsRule::kMany) {
    GTEST_SKIP() << "poll(2) takes files for ready";
  }
  Descriptor file(Fd(open("/proc/self/exe", O_RDONLY | O_CLOEXEC)));
  ASSERT_TRUE(file);
  const BodyJob job([&](Unit& unit) -> Co<void> {
    const Descriptor::Wait wait(file.watched(), Watched::kReading, false, unit, {});
    EXPECT_THROW(static_cast<void>(unit.carrier().watch(file.watched())), std::system_error);
    co_return;
  });
  FakeSource source(job);
  source.lease(1);
  make()->run(source);
}

// Many connections on few processors. -----------------------------------------------------------

class ManyDescriptorsTest : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, ManyDescriptorsTest, testing::Values("green", "coroutine"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(ManyDescriptorsTest, AThousandConnectionsOnTwoProcessorsLoseNothing) {
  constexpr std::uint32_t kPairs = 1000;
  constexpr std::uint64_t kRounds = 30;
  std::vector<Pair> pairs;
  for (std::uint32_t i = 0; i < kPairs; ++i) {
    pairs.push_back(a_socket_pair());
  }
  const BodyJob job([&](Unit& unit) -> Co<void> {
    Pair& pair = pairs[unit.index() / 2];
    std::array<std::uint64_t, 4> message{};
    const auto bytes = std::as_writable_bytes(std::span(message));
    if (unit.index() % 2 == 0) {
      for (std::uint64_t round = 0; round < kRounds; ++round) {
        message = {unit.index(), round, ~round, 7};
        EXPECT_EQ((co_await write_full(unit, pair.one, bytes)).end, WaitEnd::kDone);
        message = {};
        EXPECT_EQ((co_await read_full(unit, pair.one, bytes)).end, WaitEnd::kDone);
        unit.add(0, message[0] == unit.index() && message[1] == round ? 1 : 0);
      }
      pair.one.close();
      co_return;
    }
    while ((co_await read_full(unit, pair.other, bytes)).end == WaitEnd::kDone) {
      co_await write_full(unit, pair.other, bytes);
    }
  });
  ExecutorConfig config;
  config.threads = 2;
  FakeSource source(job);
  source.together(2 * kPairs);
  make_executor(GetParam(), config)->run(source);
  EXPECT_EQ(source.sums()[0], kPairs * kRounds);
}

// Neither a unit that yields for ever on the only processor nor one that computes for ever beside
// an idle processor keeps others from their sockets.
TEST_P(ManyDescriptorsTest, BusyNeighboursDoNotKeepAUnitFromItsSocket) {
  for (const std::uint32_t threads : {1U, 2U}) {
    Pair there = a_socket_pair();
    std::atomic<bool> over{false};
    const BodyJob job([&](Unit& unit) -> Co<void> {
      std::array<std::byte, 1> ball{};
      if (unit.index() == 2) {
        while (!over.load()) {
          if (threads == 1) {
            co_await unit.yield();
          }
        }
        co_return;
      }
      Descriptor& mine = unit.index() == 0 ? there.one : there.other;
      for (int round = 0; round < 20; ++round) {
        if (unit.index() == 0) {
          co_await write_full(unit, mine, ball);
        }
        EXPECT_EQ((co_await read_full(unit, mine, ball)).end, WaitEnd::kDone);
        if (unit.index() == 1) {
          co_await write_full(unit, mine, ball);
        }
        unit.add(0, 1);
      }
      if (unit.index() == 0) {
        over = true;
      }
    });
    ExecutorConfig config;
    config.threads = threads;
    FakeSource source(job);
    source.together(3);
    make_executor(GetParam(), config)->run(source);
    EXPECT_EQ(source.sums()[0], 40U);
  }
}

}  // namespace
}  // namespace strata
