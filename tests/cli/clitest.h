// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_CLI_CLITEST_H
#define PYVENT_TESTS_CLI_CLITEST_H

#include "support/program.h"

#include <QtCore/qtemporarydir.h>
#include <QtTest/qtest.h>

inline const QString python = QStringLiteral(PYTHON_PROGRAM);

// The program "pyvent", run as a script runs it.
class tst_Cli : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();

    // tst_cli.cpp: each command's arguments and exit codes
    void namesTheMistake_data();
    void namesTheMistake();
    void printsHelp_data();
    void printsHelp();
    void printsItsVersion();
    void saysNothingOfTheLocale();
    void takesCommonOptionsBeforeTheCommand();
    void saysWhereItServes_data();
    void saysWhereItServes();
    void sendEndsWith3WithoutAServer();
    void sendEndsWith3WhereNobodyAnswers();
    void namesAHostWithoutAddress_data();
    void namesAHostWithoutAddress();
    void sendEndsWith1ForWhatIsRefused_data();
    void sendEndsWith1ForWhatIsRefused();
    void listenEndsWithItsTimeout();
    void listenFailsWithoutEnoughEvents();
    void waitEndsWith1WithItsTimeout();
    void endsAtASignal_data();
    void endsAtASignal();
    void serveFailsWhereThePortIsTaken();
    void isQuiet();
    void checksRules_data();
    void checksRules();
    void checksRulesAsJson();

    // tst_cli_bus.cpp: what goes over the bus
    void listenPrintsWhatIsSent();
    void listenPrintsJson();
    void listenChoosesNamesAndSenders();
    void listenPrintsAnEventOnce();
    void listenPrintsAsOftenAsItMay();
    void listenPrintsAnEventOnceWithSurrogates();
    void printsOneLineWhateverIsSent();
    void waitPrintsTheArguments();
    void waitPrintsJson();
    void asksAndAnswers_data();
    void asksAndAnswers();
    void asksAll();
    void askSaysThatNobodyAnswers();
    void askEndsWith3WithoutAServer();
    void answerKillsWhatNobodyWaitsFor();
    void servesPythonsSenders();
    void usesPythonsServer();
    void repeatsWhatItHeard_data();
    void repeatsWhatItHeard();
    void sendsAgainWhatListenPrinted();
    void sendsTheLinesOfStandardInputAtOnce();
    void sendsTheLinesThatAreEvents();
    void tellsOfAnAbsentServer();
    void listenTellsWhatItCouldNotRead_data();
    void listenTellsWhatItCouldNotRead();
    void endsWhenNobodyReads();
    void endsAtASignalWhileNobodyReads();
    void valueIsWrittenAndPrinted();
    void listenPrintsTheLastEvent();
    void nodesTellsWhoIsThere();
    void nodesTellsWhoComesAndGoes();
    void sendTellsWhatTheRulesRefuse_data();
    void sendTellsWhatTheRulesRefuse();
    void nodesTellsOfPythonsServer();
    void keygenMakesKeysForABus();
    void nodesEndsWith3WithoutAServer();

    // tst_cli_bench.cpp: what takes long, and what a terminal shows
    void benchMeasuresItsOwnServer();
    void benchUsesTheServerThatIsThere();
    void benchMeasuresPythonsServer();
    void benchEndsWith3WithoutAServer();
    void benchTellsOfAServerThatGoesAway();
    void benchStopsAtASignal();
    void sendsSeveralTimes_data();
    void sendsSeveralTimes();
    void sendsNothingMoreAfterASignal();
    void sendsNothingWithoutAServer();
    void showsProgressOnATerminal();
    void listenColoursItsLines_data();
    void listenColoursItsLines();

    // tst_cli_sharing.cpp: groups that share events
    void listenSharesEvents();
    void listenSharesWithHandlersOfTheDefaultSender();
    void listenSharesWhatItDoesNotPrint();
    void listenPrintsWhatAnotherHasNotFinished_data();
    void listenPrintsWhatAnotherHasNotFinished();
    void listenSaysThatPythonsServerSharesNothing();
    void listenSaysThatItSharesTooMuch();

private:
    // "pyvent" on this test's bus: \a command's first word is the command.
    QStringList onBus(const QStringList &command) const;
    QStringList pythonPeer(const QStringList &arguments) const;
    // The path of a file with \a content in the folder of this test.
    QString makeFile(const QByteArray &content);
    QString port() const { return QString::number(m_port); }

    int m_port = 0;
    QTemporaryDir m_folder;
};

#endif
