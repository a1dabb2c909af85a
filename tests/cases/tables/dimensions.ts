@problemName X
@univariate false
@classLabel true 0 1
@data
1.0,2.0:3.0,4.0:1
1.0,2.0:3.0,4.0:0
