#!/usr/bin/env bash
# Everything that must be true of a clean tree besides passing tests. The dependency rule is a test (tests/Operator.Tests/HouseTests.cs).
set -euo pipefail
cd "$(dirname "$0")/.."

echo "== generated files are up to date"
dotnet run --project tools/CrdGen -- --check

# Code style and unused usings already fail the build (EnforceCodeStyleInBuild, warnings as errors); this is the layout.
echo "== format is clean"
dotnet format whitespace Operator.sln --verify-no-changes --no-restore

echo "== references respect the dependency rule"
dotnet test tests/Operator.Tests --nologo -v q --filter FullyQualifiedName~HouseTests

echo "== kustomizations build"
for folder in deploy/*/; do
  [ ! -f "$folder/kustomization.yaml" ] || kubectl kustomize "$folder" > /dev/null
done

echo "== trimmed ReadyToRun single file publishes without warnings"
# The analyzers have seen the same sources when the tests were built.
dotnet publish src/Operator -c Release -r linux-x64 -p:Ship=true -p:TrimmerSingleWarn=false -p:RunAnalyzers=false -warnaserror -o artifacts/linux-x64 --nologo -v q
artifacts/linux-x64/comptroller --version

echo "== messages of the runtime are words, not the keys of words that were trimmed away"
{ artifacts/linux-x64/comptroller render -f config/samples/auditpolicy-small.yaml -o /proc/x 2>&1 || true; } | grep -F "'/proc/x'"
