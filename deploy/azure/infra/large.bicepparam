using 'main.bicep'

// Up to some millions of photos, and visitors all day. An instance's own disk is small: with
// snapshots of more than half a gigabyte, add the setting WORDSIGHT_LOCAL with an empty value.
param instanceMemoryMB = 4096
param mostInstances = 120
param alwaysReady = 2
param concurrency = 8
param databaseSku = { name: 'Standard_D4ds_v5', tier: 'GeneralPurpose' }
param databaseStorageGB = 256
param shareGB = 256
