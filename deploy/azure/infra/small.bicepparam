using 'main.bicep'

// Up to some 100,000 photos, and visitors now and then.
param instanceMemoryMB = 2048
param mostInstances = 40
param alwaysReady = 0
param concurrency = 4
param databaseSku = { name: 'Standard_B2s', tier: 'Burstable' } // B1ms admits 35 connections
param databaseStorageGB = 32
param shareGB = 16
