#!/usr/bin/env bash
# Make everything, or bring it up to date, and publish the function app:
#
#   deploy/azure/deploy.sh GROUP LOCATION [small|large]
#
# Needs the Azure CLI, signed in (`az login`), and a Python of the function app's version in PYTHON.
set -euo pipefail

group=${1:?the resource group, made if it is not there}
location=${2:?where, as westeurope}
size=${3:-small}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
python=${PYTHON:-python3.13}

az group create --name "$group" --location "$location" --output none
az deployment group create --resource-group "$group" --name wordsight \
  --template-file "$here/infra/main.bicep" --parameters "$here/infra/$size.bicepparam" \
  --parameters deployerId="$(az ad signed-in-user show --query id --output tsv)" --output none
told() {
  az deployment group show --resource-group "$group" --name wordsight \
    --query "properties.outputs.$1.value" --output tsv
}
app=$(told app)
share=$(told share)
AZURE_STORAGE_ACCOUNT=$(told shareAccount)
AZURE_STORAGE_KEY=$(az storage account keys list --account-name "$AZURE_STORAGE_ACCOUNT" \
  --query '[0].value' --output tsv)
export AZURE_STORAGE_ACCOUNT AZURE_STORAGE_KEY

az storage file upload-batch --destination "$share" --destination-path models \
  --source "$root/src/wordsight/models/weights" --output none
if [ "$(az storage file exists --share-name "$share" --path keys.json --query exists --output tsv)" != true ]; then
  keys=$(mktemp -d)
  trap 'rm -rf "$keys"' EXIT
  "$python" -m venv "$keys/venv"
  "$keys/venv/bin/pip" install --quiet "$root"
  echo "your key, which is not kept and not shown again:"
  "$keys/venv/bin/wordsight" --library "$keys" keys add owner --role write
  az storage file upload --share-name "$share" --source "$keys/keys.json" --output none
fi
unset AZURE_STORAGE_ACCOUNT AZURE_STORAGE_KEY

(cd "$root" && "$python" -m scripts.function_package)
"$here/publish.sh" "$group" "$app" "$(told blobAccount)" "$root/build/function-app.zip"
echo "wordsight is at $(told address)"
