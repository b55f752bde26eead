// SPDX-License-Identifier: MIT
// What a person reads where something is wrong around a bridge, and that all else goes on.
#include "bridge/bridgeprogram.h"
#include "bridge/certificates.h"
#include "bridge/servedbus.h"
#include "bridge/testbridge.h"
#include "support/testprogram.h"

#ifdef PYVENT_HAS_NATS
#    include "bridge/plainnats.h"
#endif

#include <QtTest>

#include <functional>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

// Something that is wrong for one bridge. In all texts, "{files}" and "{certificates}" are folders, and "{server}" is the engine's host and port.
struct Surroundings
{
    Dialect dialect = Dialect::Nats;
    QByteArray configuration; // of the engine's server
    std::function<void(int port)> prepare = {};
    QString scheme;       // of this bridge's URL
    QString options;      // of this bridge; words with single spaces between them
    QString line;         // what it says, behind "pyvent: "
    QString othersScheme; // of two bridges for which all is well; empty: nobody can use this server
    QString othersOptions = {};
};

#ifdef PYVENT_HAS_NATS
const QByteArray natsUsers =
    "authorization { users: [\n"
    "{ user: ada, password: \"secret-word\" },\n"
    "{ nkey: UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4 },\n"
    "{ user: bob, password: \"secret-word\", permissions: { publish: [\"$JS.>\"],\n"
    "    subscribe: [\"_INBOX.>\", \"PYVENT_DIRECT.house.>\"] } },\n"
    "{ user: gil, password: \"secret-word\", permissions: { publish: [\"house.>\", \"$JS.>\"],\n"
    "    subscribe: [\"_INBOX.>\"] } },\n"
    "{ user: eve, password: \"secret-word\", permissions: { publish: [\"house.>\"], subscribe: [\"_INBOX.>\"] } },\n"
    "{ user: fay, password: \"secret-word\", permissions: { publish: [\"house.>\", \"$JS.API.STREAM.INFO.>\"],\n"
    "    subscribe: [\"_INBOX.>\"] } } ] }\n";

std::function<void(int)> addStream(const char *name, const char *subject, jsRetentionPolicy retention = js_LimitsPolicy)
{
    return [=](int port) {
        if (!PlainNats(port).addStream(name, subject, retention))
            qFatal("no stream");
    };
}
#endif

#ifdef PYVENT_HAS_MQTT
const QByteArray mqttUsers = "allow_anonymous false\npassword_file {files}/passwords\nacl_file {files}/acl\n";
#endif

constexpr int pauseBetweenEvents = 100; // milliseconds

const QString ada = u"--user ada --password-file {files}/password"_s;

} // namespace

class tst_Surroundings : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void saysWhatIsWrong_data();
    void saysWhatIsWrong();

private:
    static void addNatsRows();
    static void addMqttRows();
    QString expand(QString text, int port = 0) const
    {
        return text.replace(u"{files}"_s, m_files.path())
            .replace(u"{certificates}"_s, QFileInfo(m_certificates.path(u"ca.pem"_s)).path())
            .replace(u"{server}"_s, u"127.0.0.1:%1"_s.arg(port));
    }

    const QTemporaryDir m_files;
    const Certificates m_certificates;
};

void tst_Surroundings::initTestCase()
{
    writeSecret(m_files, u"password"_s, "secret-word\n");
    writeSecret(m_files, u"wrong"_s, "guess\n");
    writeSecret(m_files, u"nkey"_s, "SUAMK2FG4MI6UE3ACF3FK3OIQBCEIEZV7NSWFFEW63UXMRLFM2XLAXK4GY\n");
    // "secret-word", as mosquitto_passwd has written it.
    const QByteArray word = ":$7$101$ykCo7sGJqqzzIJsz$691XzICo1WAsfxgh6BY45u4YTV6L4XSMbZpk8/"
                            "x3TV96I1YfLbO2LnCyjOpsfyu91O7BmQGHVgzD8fOKueuV5g==\n";
    writeSecret(m_files, u"passwords"_s, "ada" + word + "bob" + word);
    writeSecret(m_files, u"acl"_s, "user ada\ntopic readwrite house/#\nuser bob\ntopic read house/#\n");
}

void tst_Surroundings::saysWhatIsWrong_data()
{
    QTest::addColumn<Surroundings>("surroundings");
#ifdef PYVENT_HAS_NATS
    addNatsRows();
#endif
#ifdef PYVENT_HAS_MQTT
    addMqttRows();
#endif
#if defined(PYVENT_HAS_NATS) && defined(PYVENT_HAS_MQTT)
    QTest::newRow("MQTT's URL of a NATS server")
        << Surroundings{.configuration = {},
                        .scheme = u"mqtt"_s,
                        .options = {},
                        .line = u"the MQTT broker at {server} cannot be used: A network protocol error occurred when "
                                u"communicating with the broker: "
                                "what answers there speaks no MQTT 5"_s,
                        .othersScheme = u"nats"_s};
    QTest::newRow("NATS' URL of an MQTT broker")
        << Surroundings{.dialect = Dialect::Mqtt,
                        .configuration = {},
                        .scheme = u"nats"_s,
                        .options = {},
                        .line = u"the NATS server at {server} cannot be used: no NATS server has answered within 2 s"_s,
                        .othersScheme = u"mqtt"_s};
#endif
}

#ifdef PYVENT_HAS_NATS
void tst_Surroundings::addNatsRows()
{
    const auto nats = [](const char *name, Surroundings surroundings) {
        QTest::addRow("NATS: %s", name) << surroundings;
    };
    const QString unusable = u"the NATS server at {server} cannot be used: "_s;
    const QString notLetIn = unusable + u"it does not let this user in (Authorization Violation): look at "_s;
    nats("wrong password",
         {.configuration = natsUsers,
          .scheme = u"nats"_s,
          .options = u"--user ada --password-file {files}/wrong"_s,
          .line = notLetIn + u"--user and --password-file"_s,
          .othersScheme = u"nats"_s,
          .othersOptions = ada});
    nats("no user",
         {.configuration = natsUsers,
          .scheme = u"nats"_s,
          .options = {},
          .line = notLetIn + u"--user, --nkey or --credentials"_s,
          .othersScheme = u"nats"_s,
          .othersOptions = ada});
    nats("another nkey",
         {.configuration = natsUsers,
          .scheme = u"nats"_s,
          .options = u"--nkey {files}/nkey"_s,
          .line = notLetIn + u"--nkey"_s,
          .othersScheme = u"nats"_s,
          .othersOptions = ada});
    nats("no permission to publish",
         {.configuration = natsUsers,
          .scheme = u"nats"_s,
          .options = u"--user bob --password-file {files}/password"_s,
          .line =
              u"the engine does not take 'order-food', which is lost beyond this bus: this NATS user may not publish "
              "to 'house.order-food'"_s,
          .othersScheme = u"nats"_s,
          .othersOptions = ada});
    nats("no permission to hear what is said past the stream",
         {.configuration = natsUsers,
          .scheme = u"nats"_s,
          .options = u"--user gil --password-file {files}/password"_s,
          .line = u"this NATS user may not subscribe to 'PYVENT_DIRECT.house.>': events wait while the stream has no "
                  "leader"_s,
          .othersScheme = u"nats"_s,
          .othersOptions = ada});
    const QString needs = u"; a bridge's user has to be allowed to publish to 'house.>', '$JS.API.>' and '$JS.ACK.>', "
                          "and to subscribe to '_INBOX.>'; and to do both with 'PYVENT_DIRECT.house.>'"_s;
    nats("no permission for JetStream",
         {.configuration = natsUsers,
          .scheme = u"nats"_s,
          .options = u"--user eve --password-file {files}/password"_s,
          .line = u"the stream PYVENT_house cannot be had: the server says: Permissions Violation for Publish to "
                  "\"$JS.API.STREAM.INFO.PYVENT_house\""_s
              + needs,
          .othersScheme = u"nats"_s,
          .othersOptions = ada});
    nats("no permission to make the stream",
         {.configuration = natsUsers,
          .scheme = u"nats"_s,
          .options = u"--user fay --password-file {files}/password"_s,
          .line = u"the stream PYVENT_house cannot be made: the server says: Permissions Violation for Publish to "
                  "\"$JS.API.STREAM.CREATE.PYVENT_house\""_s
              + needs,
          .othersScheme = u"nats"_s,
          .othersOptions = ada});
    nats("no JetStream",
         {.configuration = "no store",
          .scheme = u"nats"_s,
          .options = {},
          .line =
              u"the stream PYVENT_house cannot be had: the server has no JetStream: start it with -js, or enable it "
              "for this user's account"_s,
          .othersScheme = {}});
    const QString other = u"; remove it, or take another --prefix"_s;
    nats("a stream with other subjects",
         {.configuration = {},
          .prepare = addStream("PYVENT_house", "home.>"),
          .scheme = u"nats"_s,
          .options = {},
          .line = u"the stream PYVENT_house is there with other settings: it does not take 'house.>'"_s + other,
          .othersScheme = u"nats"_s,
          .othersOptions = u"--prefix elsewhere"_s});
    nats("a stream that is a work queue",
         {.configuration = {},
          .prepare = addStream("PYVENT_house", "house.>", js_WorkQueuePolicy),
          .scheme = u"nats"_s,
          .options = {},
          .line = u"the stream PYVENT_house is there with other settings: it drops what one of its readers has got"_s
              + other,
          .othersScheme = u"nats"_s,
          .othersOptions = u"--prefix elsewhere"_s});
    nats("a stream of another name",
         {.configuration = {},
          .prepare = addStream("HOUSE", "house.>"),
          .scheme = u"nats"_s,
          .options = {},
          .line = u"another stream has subjects of 'house.>': take another --prefix, or remove that stream"_s,
          .othersScheme = u"nats"_s,
          .othersOptions = u"--prefix elsewhere"_s});

    const auto natsTls = [](const char *certificate, const char *more = "") {
        return QByteArray("tls { cert_file: \"{certificates}/") + certificate + ".pem\", key_file: \"{certificates}/"
            + certificate + ".key\", ca_file: \"{certificates}/ca.pem\"" + more + " }\n";
    };
    const QString notTrusted = unusable + u"its certificate is not of an authority in %1: name its file with --ca"_s;
    const QString trusted = u"--ca {certificates}/ca.pem"_s;
    nats("unknown CA",
         {.configuration = natsTls("server"),
          .scheme = u"tls"_s,
          .options = u"--ca {certificates}/other.pem"_s,
          .line = notTrusted.arg(u"{certificates}/other.pem"_s),
          .othersScheme = u"tls"_s,
          .othersOptions = trusted});
    nats("the system's CAs",
         {.configuration = natsTls("server"),
          .scheme = u"tls"_s,
          .options = {},
          .line = notTrusted.arg(u"/etc/ssl/certs/ca-certificates.crt"_s),
          .othersScheme = u"tls"_s,
          .othersOptions = trusted});
    nats(
        "a certificate of another host",
        {.configuration = natsTls("elsewhere"),
         .scheme = u"tls"_s,
         .options = trusted,
         .line = unusable
             + u"its certificate is for another host than '127.0.0.1': the URL has to have a name that the certificate "
               "has"_s,
         .othersScheme = {}});
    nats(
        "no client certificate",
        {.configuration = natsTls("server", ", verify: true"),
         .scheme = u"tls"_s,
         .options = trusted,
         .line = unusable
             + u"it hangs up after the handshake, as one does that asks for a certificate: --client-cert and --client-key"_s,
         .othersScheme = u"tls"_s,
         .othersOptions =
             trusted + u" --client-cert {certificates}/client.pem --client-key {certificates}/client.key"_s});
    nats("TLS is needed",
         {.configuration = natsTls("server"),
          .scheme = u"nats"_s,
          .options = {},
          .line = unusable + u"it asks for TLS: the URL begins with tls:// then, not nats://"_s,
          .othersScheme = u"tls"_s,
          .othersOptions = trusted});
    nats("no TLS there",
         {.configuration = {},
          .scheme = u"tls"_s,
          .options = trusted,
          .line = unusable + u"it has no TLS: the URL begins with nats:// then, not tls://"_s,
          .othersScheme = u"nats"_s});
}
#endif

#ifdef PYVENT_HAS_MQTT
void tst_Surroundings::addMqttRows()
{
    const auto mqtt = [](const char *name, Surroundings surroundings) {
        surroundings.dialect = Dialect::Mqtt;
        QTest::addRow("MQTT: %s", name) << surroundings;
    };
    const QString unusable = u"the MQTT broker at {server} cannot be used: "_s;
    const QString refused = unusable + u"the broker says: Not authorized: look at --user and --password-file"_s;
    mqtt("wrong password",
         {.configuration = mqttUsers,
          .scheme = u"mqtt"_s,
          .options = u"--user ada --password-file {files}/wrong"_s,
          .line = refused,
          .othersScheme = u"mqtt"_s,
          .othersOptions = ada});
    mqtt("no user",
         {.configuration = mqttUsers,
          .scheme = u"mqtt"_s,
          .options = {},
          .line = refused,
          .othersScheme = u"mqtt"_s,
          .othersOptions = ada});
    mqtt("no permission to publish",
         {.configuration = mqttUsers,
          .scheme = u"mqtt"_s,
          .options = u"--user bob --password-file {files}/password"_s,
          .line =
              u"the engine does not take 'order-food', which is lost beyond this bus: this MQTT user may not publish "
              "to its topic"_s,
          .othersScheme = u"mqtt"_s,
          .othersOptions = ada});
    const auto mqttTls = [](const char *certificate, const char *more = "") {
        return QByteArray("cafile {certificates}/ca.pem\ncertfile {certificates}/") + certificate
            + ".pem\nkeyfile {certificates}/" + certificate + ".key\n" + more;
    };
    const QString notTrusted =
        unusable + u"its certificate is not of an authority in %1 (--ca), or it is for another host than '127.0.0.1'"_s;
    const QString authority = u"--ca {certificates}/ca.pem"_s;
    mqtt("unknown CA",
         {.configuration = mqttTls("server"),
          .scheme = u"mqtts"_s,
          .options = u"--ca {certificates}/other.pem"_s,
          .line = notTrusted.arg(u"{certificates}/other.pem"_s),
          .othersScheme = u"mqtts"_s,
          .othersOptions = authority});
    mqtt("a certificate of another host",
         {.configuration = mqttTls("elsewhere"),
          .scheme = u"mqtts"_s,
          .options = authority,
          .line = notTrusted.arg(u"{certificates}/ca.pem"_s),
          .othersScheme = {}});
    mqtt(
        "no client certificate",
        {.configuration = mqttTls("server", "require_certificate true\n"),
         .scheme = u"mqtts"_s,
         .options = authority,
         .line = unusable
             + u"it hangs up after the handshake, as one does that asks for a certificate: --client-cert and --client-key"_s,
         .othersScheme = u"mqtts"_s,
         .othersOptions =
             authority + u" --client-cert {certificates}/client.pem --client-key {certificates}/client.key"_s});
    mqtt("TLS is needed",
         {.configuration = mqttTls("server"),
          .scheme = u"mqtt"_s,
          .options = {},
          .line = unusable
              + u"The connection was lost; it may ask for TLS: the URL begins with mqtts:// then, not mqtt://"_s,
          .othersScheme = u"mqtts"_s,
          .othersOptions = authority});
    mqtt("no TLS there",
         {.configuration = {},
          .scheme = u"mqtts"_s,
          .options = authority,
          .line = unusable
              + u"A TLS error occurred (OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof while reading); "
                "it may have no TLS: the URL begins with mqtt:// then, not mqtts://"_s,
          .othersScheme = u"mqtt"_s});
}
#endif

void tst_Surroundings::saysWhatIsWrong()
{
    QFETCH(const Surroundings, surroundings);
    if (!makeServer(surroundings.dialect))
        QSKIP(whyNoServer(surroundings.dialect));
    if ((surroundings.configuration + surroundings.options.toUtf8()).contains("{certificates}")
        && !m_certificates.isValid())
        QSKIP(whySkipped("openssl", "openssl"));
    const bool hasStore = surroundings.configuration != "no store";
    const QByteArray configuration =
        hasStore ? expand(QString::fromUtf8(surroundings.configuration)).toUtf8() : QByteArray();
    std::unique_ptr<ServerProcess> server;
    if (surroundings.dialect == Dialect::Nats)
        server = std::make_unique<NatsServer>(configuration, hasStore);
    else
        server = std::make_unique<MosquittoBroker>(configuration);
    QVERIFY(server->start());
    if (surroundings.prepare)
        surroundings.prepare(server->port());
    const auto words = [&](const QString &options) { return expand(options).split(u' ', Qt::SkipEmptyParts); };
    const auto url = [&](const QString &scheme) { return u"%1://127.0.0.1:%2"_s.arg(scheme).arg(server->port()); };

    ServedBus bus;
    ServedBus neighbour(bus.port());
    BridgeProgram bridge(bus.port(), url(surroundings.scheme), words(surroundings.options));
    const QString line = u"pyvent: "_s + expand(surroundings.line, server->port()) + u'\n';
    // Its own bus goes on, and has something for it to carry.
    QTimer clock;
    connect(&clock, &QTimer::timeout, this, [&] { bus.node().send(u"order-food"_s); });
    clock.start(pauseBetweenEvents);
    bus.node().send(u"order-food"_s);
    QVERIFY2(bridge.complains(line), qPrintable(bridge.errors()));
    clock.stop();
    QVERIFY2(neighbour.hears(u"order-food"_s), qPrintable(bridge.errors()));
    QVERIFY2(bridge.problems().size() == 1, qPrintable(bridge.errors()));
    if (!surroundings.othersScheme.isEmpty()) {
        // So do other buses. What they make at the engine may have this one meet the next obstacle.
        ServedBus here;
        ServedBus there;
        const BridgeProgram one(here.port(), url(surroundings.othersScheme), words(surroundings.othersOptions));
        const BridgeProgram other(there.port(), url(surroundings.othersScheme), words(surroundings.othersOptions));
        QVERIFY2(crosses(&here, &there) && crosses(&there, &here), qPrintable(one.errors() + other.errors()));
        QVERIFY2(one.problems().isEmpty(), qPrintable(one.errors()));
        QVERIFY2(other.problems().isEmpty(), qPrintable(other.errors()));
    }
    QVERIFY(!bridge.errors().contains(u"secret-word"_s));
    QCOMPARE(bridge.endsWith(), 0);
}

PYVENT_TEST(tst_Surroundings)
#include "tst_surroundings.moc"
