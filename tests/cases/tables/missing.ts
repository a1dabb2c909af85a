@problemName X
@univariate true
@classLabel true 0 1
@data
1.5,2.5:1
1.5,?:0
