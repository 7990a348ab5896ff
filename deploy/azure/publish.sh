#!/usr/bin/env bash
# Publish a package, see whether it answers, and go back to the one before if it does not:
#
#   deploy/azure/publish.sh GROUP APP BLOB_ACCOUNT PACKAGE.zip
#
# Packages that answered are kept in the container `releases`, the last of them as `current.zip`.
# With WORDSIGHT_KEY set, a search is tried too.
set -euo pipefail

group=${1:?the resource group}
app=${2:?the function app}
account=${3:?the storage account of the releases}
package=${4:?the package, a zip}
tries=${SMOKE_TRIES:-30}

blob() { az storage blob "$@" --account-name "$account" --container-name releases --auth-mode login --output none; }
publish() {
  az functionapp deployment source config-zip --resource-group "$group" --name "$app" --src "$1" --output none
}
build_of() { unzip -p "$1" wordsight_azure/BUILD; }
get() { curl --fail --silent --show-error --max-time 20 --output /dev/null "$@"; }
answers() { # with the build that was published: instances of the one before may still be there
  get --dump-header - "https://$host/api/v1/health" | # read to its end: else curl fails
    grep -i "^x-wordsight-build: $1" >/dev/null || return 1
  [ -z "${WORDSIGHT_KEY:-}" ] ||
    get --header "Authorization: Bearer $WORDSIGHT_KEY" "https://$host/api/v1/search?q=a+photo&limit=1"
}
is_well() {
  build=$(build_of "$1")
  for _ in $(seq "$tries"); do
    if answers "$build"; then return 0; fi
    sleep "${SMOKE_WAIT:-5}"
  done
  return 1
}

host=$(az functionapp show --resource-group "$group" --name "$app" --query defaultHostName --output tsv)
before=$(mktemp)
trap 'rm -f "$before"' EXIT
if ! blob download --name current.zip --file "$before"; then
  echo "there is no release before this one to go back to"
  rm -f "$before"
fi

publish "$package"
if is_well "$package"; then
  blob upload --name current.zip --file "$package" --overwrite
  blob upload --name "$(date -u +%Y%m%dT%H%M%SZ).zip" --file "$package"
  echo "published and answering: https://$host/"
  exit 0
fi
echo "the new package does not answer" >&2
if [ -e "$before" ]; then
  publish "$before"
  if is_well "$before"; then echo "the release before it is back" >&2; else echo "nor does the one before" >&2; fi
fi
exit 1
